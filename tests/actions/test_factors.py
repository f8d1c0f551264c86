"""Every part with actions of several factors: learned values against those known exactly."""

import jax.numpy as jnp
import numpy as np
import pytest

from qlax import bootstraps, explorers, heads, layers, memories, networks, optimizers, replay
from qlax.drivers.compiled import CompiledDriver
from qlax.envs.vectorised import Vectorised
from qlax.errors import UsageError
from tests.actions.chains import DISCOUNT, Chains, joint_values, legal_values, worth
from tests.probes.training import agent_for_probes

EPSILON = explorers.EpsilonGreedy(epsilon=0.5)
LSTM = {
    "memory": memories.LSTM(size=16),
    "network": networks.MLP(hidden=(16,)),
    "replay": replay.Sequences(capacity=2_000, batch_size=16, length=4, burn_in=1),
    "optimizer": optimizers.Adam(learning_rate=3e-3),
}
QUICK = {
    "scalar, prioritised, 3 steps": {
        "replay": replay.Prioritised(capacity=4_000, batch_size=32, n_step=1)
    },
    "c51, double": {
        "head": heads.C51(low=-1.0, high=5.0, atoms=31),
        "bootstrap": bootstraps.Double(),
        "optimizer": optimizers.Adam(learning_rate=0.03),
    },
    "quantiles, dueling": {
        "head": heads.QuantileRegression(quantiles=5, stream=heads.Dueling()),
        "network": networks.MLP(hidden=(32,)),
        "optimizer": optimizers.Adam(learning_rate=2e-3),
    },
}
MANY = {
    "rescaled": {"head": heads.Scalar(rescaling=heads.SquareRoot())},
    "dueling noisy": {
        "head": heads.Scalar(stream=heads.Dueling(layer=layers.Noisy(), hidden=16)),
        "network": networks.MLP(hidden=(32,)),
        "optimizer": optimizers.Adam(learning_rate=2e-3),
    },
    "hl-gauss": {
        "head": heads.HLGauss(low=-2.0, high=6.0, bins=41),
        "optimizer": optimizers.Adam(learning_rate=0.03),
    },
    "hl-gauss, rescaled": {
        "head": heads.HLGauss(low=-2.0, high=4.0, bins=41, rescaling=heads.SquareRoot()),
        "optimizer": optimizers.Adam(learning_rate=0.03),
    },
    "iqn": {
        "head": heads.IQN(quantiles=8, embedding=8),
        "network": networks.MLP(hidden=(32,)),
        "optimizer": optimizers.Adam(learning_rate=2e-3),
    },
    "fqf": {
        "head": heads.FQF(quantiles=8, embedding=8, knots=16),
        "network": networks.MLP(hidden=(32,)),
        "optimizer": optimizers.Adam(learning_rate=2e-3),
    },
    "ensemble": {
        "head": heads.Ensemble(members=3, mask_probability=0.7),
        "optimizer": optimizers.SGD(learning_rate=1.0),
    },
    "members of quantiles": {
        "head": heads.Ensemble(members=2, head=heads.QuantileRegression(quantiles=3)),
        "optimizer": optimizers.Adam(learning_rate=0.02),
    },
    "latest": {"replay": replay.Latest(), "num_envs": 32},
    "rollout": {"replay": replay.Rollout(length=4), "update_every": 4, "learning_starts": 200},
    "sequences": {"replay": replay.Sequences(capacity=2_000, batch_size=16, length=3)},
    "lstm": LSTM,
    "lstm told the action": {
        **LSTM,
        "memory": memories.PreviousActionAndReward(memory=memories.LSTM(size=16)),
    },
    **{
        f"{kind} λ": {
            "replay": replay.Sequences(
                capacity=2_000,
                batch_size=16,
                length=4,
                lambda_return=replay.LambdaReturn(kind=kind, decay=0.7),
            ),
            "explorer": EPSILON,
        }
        for kind in ("watkins", "tree", "retrace")
    },
}
EXPLORING = {
    "repeated": {"explorer": explorers.EpsilonGreedy(epsilon=0.5, duration=explorers.Uniform())},
    "boltzmann": {"explorer": explorers.Boltzmann(temperature=1.0)},
    "upper confidence": {"explorer": explorers.UpperConfidence(scale=3.0)},
    "noise": {"explorer": explorers.GaussianNoise(scale=50.0)},
    "one member": {
        "explorer": explorers.FollowMember(),
        "head": heads.Ensemble(members=5, prior_scale=3.0),
        "optimizer": optimizers.SGD(learning_rate=2.0),
    },
}
"""Explorers that try some actions seldom: what is best is known nevertheless."""
CASES = [
    *(pytest.param(parts, id=name) for name, parts in QUICK.items()),
    *(pytest.param(parts, id=name, marks=pytest.mark.exhaustive) for name, parts in MANY.items()),
]


def trained(parts, *, has_mask=False, iterations=1_500, seed=0):
    """Return action values of all states, [S, F · W], after training in the chains."""
    agent = agent_for_probes(**{"discount": DISCOUNT, **parts}).for_run(100_000)
    driver = CompiledDriver(agent, Vectorised(Chains(has_mask), agent.num_envs))
    state = driver.advance(driver.init([seed]), 0, iterations)
    (params,) = driver.policies(state)
    memory = None if agent.memory is None else agent.memory.init(4)
    states, first = jnp.arange(4, dtype=jnp.int32), jnp.ones(4, bool)
    values, _ = agent.values(params, driver.env.spec, states, memory, first)
    return np.asarray(values)


def adds_up(head):
    """Return whether values of factors add up exactly where the head predicts them.

    On another scale than that of returns, and of logits, they do so only nearly.
    """
    rescaled = getattr(head, "rescaling", None) == heads.SquareRoot()
    return not rescaled and not isinstance(head, heads.C51 | heads.HLGauss)


@pytest.mark.parametrize("parts", CASES)
def test_values_become_those_of_the_best_actions(parts):
    slow = parts in (MANY["rollout"], MANY["ensemble"])  # which learn from less of each step
    found = joint_values(trained(parts, iterations=6_000 if slow else 1_500))
    np.testing.assert_allclose(found.max(-1), worth().max(-1), atol=0.15)
    np.testing.assert_allclose(found, worth(), atol=0.15 if adds_up(parts.get("head")) else 0.6)


@pytest.mark.exhaustive
@pytest.mark.parametrize("parts", EXPLORING.values(), ids=EXPLORING)
def test_the_best_actions_are_found_by_every_explorer(parts):
    found = joint_values(trained(parts, iterations=4_000))
    np.testing.assert_allclose(found.max(-1), worth().max(-1), atol=0.3)
    assert (worth()[np.arange(4), found.argmax(-1)] > worth().max(-1) - 0.05).all()


@pytest.mark.parametrize(
    "parts",
    [{}, pytest.param(MANY["sequences"], marks=pytest.mark.exhaustive)],
)
def test_illegal_values_of_factors_are_not_believed_in(parts):
    found = joint_values(trained({"explorer": EPSILON, **parts}, has_mask=True))
    legal = joint_values(legal_values().astype(float)) == 1.0
    np.testing.assert_allclose(found[legal], worth(masked=True)[legal], atol=0.1)
    assert np.abs(worth(masked=True) - worth())[legal].max() > 0.15, "masks change nothing here"


@pytest.mark.parametrize(
    "bootstrap",
    [
        bootstraps.ExpectedSarsa(),
        pytest.param(bootstraps.Sarsa(), marks=pytest.mark.exhaustive),
        pytest.param(bootstraps.Boltzmann(temperature=1e3), marks=pytest.mark.exhaustive),
    ],
    ids=repr,
)
def test_on_policy_values_are_means_over_all_factors(bootstrap):
    parts = {"bootstrap": bootstrap, "optimizer": optimizers.SGD(learning_rate=0.2)}
    found = joint_values(trained(parts, iterations=3_000))
    np.testing.assert_allclose(found, worth(average=True), atol=0.1)


def test_dyna_refuses_factors():
    with pytest.raises(UsageError, match="Dyna counts what follows each action"):
        trained({"replay": replay.Dyna(), "num_envs": 1})


def test_a_head_of_ones_own_must_join_factors():
    class Own(heads.Scalar):
        joint = None

    with pytest.raises(UsageError, match="Own has no method `joint`"):
        trained({"head": Own()})
