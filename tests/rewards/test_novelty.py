"""A bonus for what has not been seen before."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax import UsageError, optimizers, replay
from qlax.rewards import Clipped, Novelty, Paid
from qlax.runs.arrays import load_arrays, save_arrays
from qlax.schedules import Exponential
from qlax.spaces import Box, Composite, Discrete, EnvSpec
from tests.drivers.runs import assert_equal
from tests.probes import mdp
from tests.probes.training import agent_for_probes, assert_learns_q_star, trained

STATES = EnvSpec(id="States", observation=Discrete(30), num_actions=2)
PLANE = EnvSpec(
    id="Plane",
    observation=Box(shape=(2,), dtype="float32", low=-10.0, high=10.0),
    num_actions=2,
)
QUICK = Novelty(scale=1.0, learning_rate=1e-3)


def paid(observation, reward=None, valid=None):
    observation = jnp.asarray(observation) if isinstance(observation, list) else observation
    count = len(jax.tree.leaves(observation)[0])
    return Paid(
        reward=jnp.zeros(count) if reward is None else jnp.asarray(reward, jnp.float32),
        done=jnp.zeros(count, bool),
        valid=jnp.ones(count, bool) if valid is None else jnp.asarray(valid),
        observation=jax.tree.map(jnp.asarray, observation),
        discount=jnp.float32(0.9),
    )


@functools.cache
def compiled(stage):
    return jax.jit(stage.__call__)


def begun(stage, spec, num_envs=1):
    return stage.init(jax.random.key(3), spec, num_envs)


def test_what_is_seen_again_pays_less_and_what_is_new_still_pays():
    state = begun(QUICK, STATES, num_envs=4)
    rng = np.random.default_rng(0)
    bonuses = []
    for _ in range(600):
        bonus, state = compiled(QUICK)(state, paid(rng.integers(0, 5, 4)))
        bonuses.append(float(bonus.mean()))
    early, late = np.mean(bonuses[:20]), np.mean(bonuses[-20:])
    assert late < 0.05 * early
    new, _ = compiled(QUICK)(state, paid([20, 21, 22, 23]))
    assert float(new.min()) > 0.5 * early
    again, _ = compiled(QUICK)(state, paid([0, 1, 2, 3]))
    assert float(new.min()) > 10 * float(again.max())


def test_steps_that_only_begin_episodes_are_paid_nothing_and_change_nothing():
    state = begun(QUICK, STATES, num_envs=2)
    for _ in range(3):
        _, state = compiled(QUICK)(state, paid([1, 2]))
    reward, after = compiled(QUICK)(state, paid([7, 8], valid=[False, False]))
    np.testing.assert_array_equal(reward, [0.0, 0.0])
    assert_equal(after, state)


def test_in_a_batch_the_others_are_treated_as_if_they_were_alone():
    together, alone = begun(QUICK, STATES, num_envs=2), begun(QUICK, STATES)
    for place in (3, 4, 3, 5):
        both, together = compiled(QUICK)(together, paid([9, place], valid=[False, True]))
        one, alone = compiled(QUICK)(alone, paid([place]))
        assert float(both[0]) == 0.0
        np.testing.assert_allclose(both[1], one[0], rtol=1e-4)
    assert_equal(together, alone, rtol=1e-4, atol=1e-5)


def test_two_linear_networks_are_those_of_numpy():
    """Normalisation, bonus, its scale, gradient and Adam, step by step; f(x) = x W + c."""
    stage = Novelty(scale=0.5, features=3, hidden=(), learning_rate=0.01)
    state = begun(stage, PLANE, num_envs=4)
    # Otherwise the first gradient of the bias is 0 but for rounding, which Adam would blow up.
    state = state.replace(target=jax.tree.map(lambda leaf: leaf + 1.0, state.target))

    def numbers(params):
        layer = params["params"]["Dense_0"]
        return {name: np.asarray(layer[name], np.float64) for name in ("kernel", "bias")}

    target, mine = numbers(state.target), numbers(state.predictor)
    first, second = ({k: np.zeros_like(v) for k, v in mine.items()} for _ in range(2))
    rng, seen, bonuses = np.random.default_rng(0), [], []
    for step in range(1, 30):
        shown = rng.normal([3.0, -2.0], [1.0, 5.0], (4, 2))
        outside = rng.normal(size=4)
        if step == 20:
            shown[0] = 1e3  # far out: clipped
        ours, state = compiled(stage)(state, paid(shown.astype(np.float32), outside))

        seen += shown.tolist()
        x = ((shown - np.mean(seen, 0)) / np.std(seen, 0)).clip(-5, 5)
        difference = x @ (mine["kernel"] - target["kernel"]) + mine["bias"] - target["bias"]
        bonus = np.square(difference).sum(-1)
        bonuses += bonus.tolist()
        expected = outside + 0.5 * bonus / np.sqrt(np.mean(np.square(bonuses)))
        np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-4)

        gradient = {"kernel": 2 * x.T @ difference / 4, "bias": 2 * difference.mean(0)}
        for name, g in gradient.items():
            first[name] = 0.9 * first[name] + 0.1 * g
            second[name] = 0.999 * second[name] + 0.001 * g**2
            unbiased = first[name] / (1 - 0.9**step), second[name] / (1 - 0.999**step)
            mine[name] -= 0.01 * unbiased[0] / (np.sqrt(unbiased[1]) + 1e-8)
        np.testing.assert_allclose(numbers(state.predictor)["kernel"], mine["kernel"], atol=1e-3)


def test_the_random_network_stays_as_it_is_and_differs_from_the_other():
    state = begun(QUICK, STATES)
    before = jax.tree.map(np.asarray, state.target)
    difference = jax.tree.map(lambda a, b: np.abs(a - b).max(), state.target, state.predictor)
    assert max(jax.tree.leaves(difference)) > 0.1
    for place in range(5):
        _, state = compiled(QUICK)(state, paid([place]))
    assert_equal(state.target, before)


def test_the_first_bonuses_are_of_ordinary_size():
    """One alone has no deviation to be divided by, and two hardly any."""
    for seed in range(5):
        state = QUICK.init(jax.random.key(seed), PLANE, 1)
        for place in ([1.0, 2.0], [1.1, 2.0], [1.0, 2.1], [5.0, 5.0]):
            bonus, state = compiled(QUICK)(state, paid(np.array([place], np.float32)))
            assert 0.0 < float(bonus[0]) <= 2.0  # √n at most, of n bonuses


@pytest.mark.parametrize(
    ("space", "shown"),
    [
        (Discrete(4), np.array([0, 3])),
        (Box((3, 2), "uint8", 0.0, 255.0), np.full((2, 3, 2), 200, np.uint8)),
        (
            Composite((("at", Discrete(3)), ("by", Box((2,), "float32", 0.0, 1.0)))),
            {"at": np.array([1, 2]), "by": np.ones((2, 2), np.float32)},
        ),
    ],
    ids=lambda value: "" if isinstance(value, np.ndarray | dict) else type(value).__name__,
)
def test_every_kind_of_observation_will_do(space, shown):
    stage = Novelty()
    spec = EnvSpec(id="Any", observation=space, num_actions=2)
    reward, state = compiled(stage)(begun(stage, spec, 2), paid(shown))
    assert reward.shape == (2,)
    assert reward.dtype == jnp.float32
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state))
    assert float(reward.min()) > 0.0


def test_the_stage_before_comes_first_and_the_bonus_is_added():
    plain, clipped = Novelty(), Novelty(reward=Clipped(low=-1.0, high=1.0))
    bonus, _ = compiled(plain)(begun(plain, STATES), paid([3]))
    reward, _ = compiled(clipped)(begun(clipped, STATES), paid([3], reward=[50.0]))
    # Both networks are drawn from the same key.
    np.testing.assert_allclose(reward, 1.0 + bonus, rtol=1e-6)


def test_a_scale_of_nothing_leaves_rewards_as_they_are():
    stage = Novelty(scale=0.0)
    reward, _ = compiled(stage)(begun(stage, STATES, 2), paid([3, 4], reward=[1.5, -2.0]))
    np.testing.assert_array_equal(reward, [1.5, -2.0])


def test_once_everything_is_known_the_values_are_those_of_the_rewards():
    agent = agent_for_probes(
        replay=replay.Latest(),
        learning_starts=16,
        optimizer=optimizers.SGD(learning_rate=Exponential(start=4.0, rate=0.998, end=0.1)),
        reward=Novelty(scale=0.5, learning_rate=3e-3),
    )
    assert_learns_q_star(agent, mdp.choices(), 4_000)


def test_what_it_knows_is_saved_and_read_back(tmp_path):
    agent = agent_for_probes(reward=QUICK)
    state = trained(agent, mdp.choices(), 50).agent
    save_arrays(tmp_path / "state.npz", state)
    assert_equal(load_arrays(tmp_path / "state.npz", state), state)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scale", -1.0),
        ("features", 0),
        ("hidden", (64, 0)),
        ("learning_rate", 0.0),
        ("reward", None),
    ],
)
def test_impossible_values_are_refused(field, value):
    with pytest.raises(UsageError, match=rf"Novelty\.{field} is .*, but must be "):
        Novelty(**{field: value})
