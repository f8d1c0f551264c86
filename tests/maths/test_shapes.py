"""Every function of the mathematics names the argument whose shape is wrong."""

import importlib
import inspect
import pkgutil
import re
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax import maths
from qlax.maths import (
    bootstrap,
    convolution,
    distributional,
    factors,
    policies,
    pooling,
    representation,
    returns,
    spectral,
    sum_tree,
)
from qlax.maths.bootstrap import Backup
from qlax.maths.shapes import PerAction, ShapeError, checked

# B = 2 samples, A = 3 actions, K = 4 atoms.
B, BA, BK, BAK = (np.ones(shape, np.float32) for shape in ((2,), (2, 3), (2, 4), (2, 3, 4)))
ATOMS, YES = np.arange(4.0), np.ones((2, 3), bool)
BACKUP, TREE = Backup(BA, BA, B, BA), sum_tree.init(9)
TREE_NUMBERS = np.ones((TREE.depth, 2), np.float32)
KEY = jax.random.key(0)
TWO = np.zeros((2, 2), np.int32)  # actions of two factors

# What fits, and what does not: the argument named first is the one to blame.
CALLS = [
    (bootstrap.expected_value, [BA, BACKUP], {"backup.policy": [BA, Backup(BAK)]}),
    (bootstrap.expected_value, [BA, BACKUP], {"backup.cost": [BA, Backup(BA, B)]}),
    (bootstrap.with_bonus, [B, BACKUP], {"backup.bonus": [B, Backup(BA, None, BA)]}),
    (
        bootstrap.scalar_backup,
        [B, B, BA, BACKUP],
        {
            "discount": [B, BA, BA, BACKUP],
            "q_next": [B, B, BAK, BACKUP],
            "backup.ranking": [B, B, BA, Backup(BA, None, None, B)],
        },
    ),
    (bootstrap.chosen, [BA, B.astype(int)], {"action": [BA, np.ones(3, int)]}),
    (bootstrap.mixture, [BA, BAK], {"values": [BA, BK]}),
    (
        convolution.convolve,
        [np.ones((1, 5, 5, 2)), np.ones((3, 3, 2, 4)), 1],
        {
            "images": [np.ones((5, 5, 2)), np.ones((3, 3, 2, 4)), 1],
            "kernel": [np.ones((1, 5, 5, 2)), np.ones((3, 3, 1, 4)), 1],
        },
    ),
    (factors.shares, [TWO, BAK[:, 0]], {"action": [B, BAK[:, 0]], "like": [TWO, BAK]}),
    (factors.taken, [BAK[:, 0], TWO], {"values": [BAK, TWO], "action": [BAK[:, 0], B]}),
    (distributional.cross_entropy, [BK, BK], {"target": [BK, BA]}),
    (distributional.hat_weights, [B, 4], {"places": [np.float32(1), 4]}),
    (
        distributional.project,
        [BK, BK, ATOMS],
        {"probabilities": [BK, BA, ATOMS], "atoms": [BK, BK, BK]},
    ),
    (
        distributional.categorical_backup,
        [B, B, BAK, BACKUP, ATOMS],
        {
            "reward": [BA, B, BAK, BACKUP, ATOMS],
            "backup.policy": [B, B, BAK, Backup(BK), ATOMS],
            "atoms": [B, B, BAK, BACKUP, np.arange(5.0)],
        },
    ),
    (
        distributional.gaussian_histogram,
        [B, np.arange(5.0), 1.0],
        {"values": [BA, np.arange(5.0), 1.0]},
    ),
    (
        distributional.quantile_huber,
        [BK, BK, BA, 1.0, BA],
        {"levels": [BK, BA, BA, 1.0], "weights": [BK, BK, BA, 1.0, BK]},
    ),
    (
        distributional.quantile_backup,
        [B, B, BAK, BACKUP],
        {"discount": [B, np.ones(3), BAK, BACKUP], "quantiles": [B, B, BA, BACKUP]},
    ),
    (distributional.tail_weights, [BK, 0.5, BK], {"weights": [BK, 0.5, BA]}),
    (distributional.expectation, [BAK, BK], {"weights": [BAK, BA]}),
    (distributional.interpolate, [BAK, BA], {"curve": [BA, BA], "levels": [BAK, B]}),
    (distributional.fraction_gradient, [BA, BK], {"at_midpoints": [BA, np.ones((3, 4))]}),
    (policies.some_legal, [YES], {"legal": [np.bool_(True)]}),
    (policies.only_legal, [BA, YES], {"legal": [BA, np.ones((2, 4), bool)]}),
    (policies.greedy_action, [BA, YES], {"legal": [BA, YES[0]]}),
    (policies.greedy_policy, [BA, YES], {"legal": [BA, YES[0]]}),
    (policies.uniform_policy, [BA, YES], {"legal": [BA, YES[0]]}),
    (policies.epsilon_greedy_policy, [BA, B, YES], {"epsilon": [BA, np.ones(3), YES]}),
    (policies.log_softmax_policy, [BA, 1.0, YES], {"q_values": [np.float32(1), 1.0, None]}),
    (policies.softmax_policy, [BA, 1.0, YES], {"legal": [BA, 1.0, YES[:1]]}),
    (policies.draw_uniformly, [B / 2, 3, YES], {"legal": [np.ones(3) / 2, 3, YES]}),
    (pooling.max_pool, [np.ones((1, 4, 4, 2))], {"images": [np.ones((4, 4, 2))]}),
    (pooling.adaptive_max_pool, [np.ones((1, 4, 4, 2)), 2], {"images": [np.ones((4, 4, 2)), 2]}),
    (
        returns.n_step_return,
        [BA, YES, YES, 0.5],
        {"rewards": [np.float32(1), YES, YES, 0.5], "truncated": [BA, YES, YES[0], 0.5]},
    ),
    (
        returns.lambda_return,
        [BA, BA, BA, BA, BA],
        {"discount": [BA, BK, BA, BA, BA], "trace": [BA, BA, BA, BA, B]},
    ),
    (spectral.spectral_norm, [BA], {"matrix": [BAK]}),
    (spectral.spectrally_normalised, [BAK], {"kernel": [np.float32(1)]}),
    (
        sum_tree.update,
        [TREE, jnp.arange(2), B],
        {"leaves": [TREE, np.int32(1), B], "values": [TREE, jnp.arange(3), B]},
    ),
    (representation.dormant, [B, 0.1], {"activity": [BA, 0.1]}),
    (sum_tree.find, [TREE, B, B, TREE_NUMBERS], {"numbers": [TREE, B, B, B]}),
]
# Of any shape, or without an array; of factors, what others check that they call.
UNCHECKED = {
    "apart", "as_array", "best_value", "bias", "clipped_sum", "checked", "draw", "effective_rank",
    "get", "greedy_of", "huber", "init", "is_greedy", "leaves", "midpoints", "norm", "squared",
    "resolved", "together", "total",
}  # fmt: skip


def as_arrays(given):
    return [jnp.asarray(a) if isinstance(a, np.ndarray | np.generic) else a for a in given]


@pytest.mark.parametrize(
    ("function", "fitting", "wrong"), CALLS, ids=lambda part: getattr(part, "__name__", "")
)
def test_what_does_not_fit_is_named(function, fitting, wrong):
    jax.eval_shape(lambda: function(*as_arrays(fitting)))
    for argument, given in wrong.items():
        message = f"{function.__name__}: {re.escape(argument)} must have shape .*not "
        with pytest.raises(ShapeError, match=message):
            function(*as_arrays(given))
        with pytest.raises(ShapeError, match=message):
            jax.eval_shape(lambda given=given: function(*as_arrays(given)))


def test_every_public_function_is_checked():
    asked = {function.__name__ for function, *_ in CALLS}
    for module in pkgutil.iter_modules(maths.__path__):
        found = importlib.import_module(f"qlax.maths.{module.name}")
        for name, function in inspect.getmembers(found, inspect.isfunction):
            if not name.startswith("_") and function.__module__ == found.__name__:
                assert name in asked | UNCHECKED, f"{module.name}.{name} has no row"


def test_a_sentence_says_what_is_known_of_the_axes():
    message = r"cross_entropy: target must have shape \[B, K\] with B = 2, K = 4, not \[2, 3\]\."
    with pytest.raises(ShapeError, match=message):
        distributional.cross_entropy(BK, BA)


def test_what_is_returned_is_checked_and_alternatives_are_allowed():
    @checked
    def means(values: PerAction, weights: Annotated[jax.Array, "... A | A"]) -> PerAction:
        return (values * weights).mean(-1)

    for weights in (BA, BA[0]):
        with pytest.raises(ShapeError, match=r"what it returns must have shape \[\.\.\., A\]"):
            means(BA, weights)
    with pytest.raises(ShapeError, match=r"weights must have shape \[\.\.\., A\] or \[A\]"):
        means(BA, weights=BAK)


def test_compiled_programs_do_not_check():
    calls = []

    @jax.jit
    def compiled(q_next, policy):
        calls.append(q_next.shape)
        return bootstrap.expected_value(q_next, Backup(policy))

    for _ in range(3):
        compiled(BA, BA)
    assert calls == [(2, 3)]
