"""The stage before the network."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qlax
from qlax.drivers import CompiledDriver, HostDriver
from qlax.envs.as_host import CompiledAsHost
from qlax.envs.vectorised import Vectorised
from qlax.observations import (
    Moments,
    Normalise,
    Pixels,
    Raw,
    ScaleToBounds,
    dense,
    moments_with,
    variance_of,
)
from qlax.rewards.moments import moments_with_valid
from qlax.spaces import Box, Composite, Discrete
from qlax.states import ActingParams
from tests.drivers.noting import Acting, Judging, noted
from tests.envs.test_vectorised import Noisy
from tests.probes import playing
from tests.probes.training import agent_for_probes
from tests.runs.small import AGENT


def test_raw_changes_nothing():
    space = Box(shape=(2,), dtype="uint8", low=0.0, high=255.0)
    observation = jnp.array([[0, 255]], jnp.uint8)
    result, after = Raw()((), observation, space)
    assert result is observation
    assert after == space


def test_bounds_become_minus_one_and_one():
    space = Box(shape=(2,), dtype="float32", low=(-1.2, -0.07), high=(0.6, 0.07))
    shown = jnp.array([[-1.2, -0.07], [0.6, 0.07], [-0.3, 0.035]])
    result, after = ScaleToBounds()((), shown, space)
    # The middle of [−1.2, 0.6] is −0.3; half of 0.07 is halfway up.
    np.testing.assert_allclose(result, [[-1, -1], [1, 1], [0, 0.5]], atol=1e-6)
    assert after == Box(shape=(2,), dtype="float32", low=-1.0, high=1.0)


@pytest.mark.parametrize("limit", [np.inf, 3.4e38, 1e6])
def test_unbounded_entries_are_left_alone(limit):
    space = Box(shape=(2,), dtype="float32", low=(0.0, -limit), high=(10.0, limit))
    result, after = ScaleToBounds()((), jnp.array([[5.0, 123.0], [10.0, -7.0]]), space)
    np.testing.assert_allclose(result, [[0.0, 123.0], [1.0, -7.0]])
    assert after.low == (-1.0, -limit)
    assert after.high == (1.0, limit)


def test_half_bounded_entries_are_left_alone():
    space = Box(shape=(1,), dtype="float32", low=0.0, high=float("inf"))
    result, _ = ScaleToBounds()((), jnp.array([[5.0]]), space)
    np.testing.assert_allclose(result, [[5.0]])


def test_bytes_are_scaled_as_numbers():
    space = Box(shape=(1, 2), dtype="uint8", low=0.0, high=255.0)
    result, after = ScaleToBounds()((), jnp.array([[[0, 255]]], jnp.uint8), space)
    np.testing.assert_allclose(result, [[[-1.0, 1.0]]], atol=1e-6)
    assert after.dtype == "float32"


def test_discrete_states_are_left_alone():
    states = jnp.array([0, 3])
    result, after = ScaleToBounds()((), states, Discrete(4))
    np.testing.assert_array_equal(result, states)
    assert after == Discrete(4)


def test_dense_makes_discrete_states_one_hot():
    np.testing.assert_array_equal(dense(jnp.array([2, 0]), Discrete(3)), [[0, 0, 1], [1, 0, 0]])


def test_dense_makes_numbers_float32():
    result = dense(jnp.array([[7]], jnp.uint8), Box(shape=(1,), dtype="uint8", low=0.0, high=9.0))
    assert result.dtype == jnp.float32
    assert float(result[0, 0]) == 7.0


PAIR = Box(shape=(2,), dtype="float32", low=-np.inf, high=np.inf)
BOTH = Composite(
    (
        ("place", Box(shape=(2,), dtype="float32", low=0.0, high=10.0)),
        ("inner", Composite((("room", Discrete(3)), ("sight", Box((1, 2), "uint8", 0.0, 255.0))))),
    )
)


def shown(seed, num_envs=2):
    """Return observations of `BOTH`."""
    rng = np.random.default_rng(seed)
    return {
        "place": jnp.asarray(rng.uniform(0, 10, (num_envs, 2)), jnp.float32),
        "inner": {
            "room": jnp.asarray(rng.integers(3, size=num_envs), jnp.int32),
            "sight": jnp.asarray(rng.integers(256, size=(num_envs, 1, 2)), jnp.uint8),
        },
    }


def test_every_part_of_a_composite_is_scaled_by_its_own_bounds():
    observation = shown(0)
    result, after = ScaleToBounds()((), observation, BOTH)
    np.testing.assert_allclose(result["place"], observation["place"] / 5 - 1, atol=1e-6)
    sight = np.asarray(observation["inner"]["sight"], np.float64)
    np.testing.assert_allclose(result["inner"]["sight"], sight / 127.5 - 1, atol=1e-6)
    assert result["inner"]["room"] is observation["inner"]["room"]
    inside = Composite((("room", Discrete(3)), ("sight", Box((1, 2), "float32", -1.0, 1.0))))
    assert after == Composite((("place", Box((2,), "float32", -1.0, 1.0)), ("inner", inside)))


def test_dense_puts_the_parts_of_a_composite_end_to_end():
    observation = {
        "place": jnp.array([[0.5, 1.5]]),
        "inner": {"room": jnp.array([2]), "sight": jnp.array([[[7, 9]]], jnp.uint8)},
    }
    result = dense(observation, BOTH)
    np.testing.assert_array_equal(result, [[0.5, 1.5, 0, 0, 1, 7, 9]])
    assert result.dtype == jnp.float32


def seen(stage, batches, space):
    """Return what a stage knows after batches of observations."""
    update = jax.jit(lambda state, batch: stage.update(state, batch, space))
    state = stage.init(space)
    for batch in batches:
        state = update(state, batch)
    return state


def test_what_can_no_longer_be_counted_changes_nothing():
    """A float32 does not count beyond 2²⁴; the sums of squares would."""
    most = 2.0**24
    wide = jnp.full((2, 2), 5.0).at[1].set(-5.0)
    nearly = Moments(jnp.float32(most - 4), jnp.zeros(2), jnp.full(2, most - 4))
    once = moments_with(nearly, wide)
    assert (float(once.count), float(once.squares[0])) == (most - 2, most - 4 + 50)
    for after in (moments_with(once, wide), moments_with_valid(once, wide, jnp.ones(2, bool))):
        jax.tree.map(np.testing.assert_array_equal, after, once)


@pytest.mark.parametrize("num_envs", [1, 5])
@pytest.mark.parametrize("centre", [0.0, 3_000.0])
def test_normalising_takes_mean_and_variance_of_everything_seen(num_envs, centre):
    rng = np.random.default_rng(0)
    batches = rng.normal(centre, [0.5, 20.0], (40, num_envs, 2)).astype(np.float32)
    state = seen(Normalise(), jnp.asarray(batches), PAIR)
    everything = batches.reshape(-1, 2).astype(np.float64)
    assert float(state.count) == len(everything)
    np.testing.assert_allclose(state.mean, everything.mean(0), rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(variance_of(state), everything.var(0), rtol=2e-3)
    probe = jnp.array([[centre + 0.3, centre - 11.0], [centre, centre + 25.0]], jnp.float32)
    result, after = Normalise()(state, probe, PAIR)
    expected = (np.asarray(probe, np.float64) - everything.mean(0)) / everything.std(0)
    np.testing.assert_allclose(result, expected, rtol=2e-3, atol=2e-3)
    assert after == Box(shape=(2,), dtype="float32", low=-10.0, high=10.0)


def test_normalised_values_are_clipped():
    state = seen(Normalise(), jnp.array([[[0.0, 0.0]], [[2.0, 2.0]]]), PAIR)
    # Mean 1, deviation 1.
    result, after = Normalise(limit=3.0)(state, jnp.array([[3.5, 100.0], [-1.5, -9.0]]), PAIR)
    np.testing.assert_allclose(result, [[2.5, 3.0], [-2.5, -3.0]], atol=1e-5)
    assert (after.low, after.high) == (-3.0, 3.0)


def test_before_two_values_were_seen_the_variance_is_one():
    nothing = Normalise().init(PAIR)
    np.testing.assert_allclose(Normalise()(nothing, jnp.array([[2.0, -3.0]]), PAIR)[0], [[2, -3]])
    once = seen(Normalise(), jnp.array([[[5.0, -5.0]]]), PAIR)
    np.testing.assert_allclose(Normalise()(once, jnp.array([[7.0, -8.0]]), PAIR)[0], [[2, -3]])


def test_what_never_changes_is_no_division_by_zero():
    state = seen(Normalise(), jnp.full((10, 1, 2), 4.0), PAIR)
    result, _ = Normalise()(state, jnp.array([[4.0, 5.0]]), PAIR)
    # Clipped: the deviation is √ε = 10⁻⁴.
    np.testing.assert_allclose(result, [[0.0, 10.0]])


def test_every_part_of_a_composite_is_normalised_by_itself_and_discrete_ones_not_at_all():
    batches = [shown(seed) for seed in range(30)]
    state = seen(Normalise(), batches, BOTH)
    assert state["inner"]["room"] == ()
    probe = shown(99)
    result, after = Normalise()(state, probe, BOTH)
    np.testing.assert_array_equal(result["inner"]["room"], probe["inner"]["room"])
    for part, ours in (
        (lambda tree: tree["place"], result["place"]),
        (lambda tree: tree["inner"]["sight"], result["inner"]["sight"]),
    ):
        everything = np.concatenate([np.asarray(part(batch), np.float64) for batch in batches])
        expected = (np.asarray(part(probe), np.float64) - everything.mean(0)) / everything.std(0)
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-4)
    inside = Composite((("room", Discrete(3)), ("sight", Box((1, 2), "float32", -10.0, 10.0))))
    assert after == Composite((("place", Box((2,), "float32", -10.0, 10.0)), ("inner", inside)))


def test_a_single_discrete_state_is_not_normalised():
    stage, states = Normalise(), jnp.array([0, 3])
    state = stage.update(stage.init(Discrete(4)), states, Discrete(4))
    assert state == ()
    result, after = stage(state, states, Discrete(4))
    assert result is states
    assert after == Discrete(4)


def test_training_adds_every_observation_it_shows_once():
    """Those of a reset and of an episode's end too."""
    agent = agent_for_probes(
        network=qlax.networks.MLP(hidden=(4,)), observation=Normalise(), num_envs=3
    )
    env = Vectorised(Noisy(time_limit=4), 3)
    env_state, timestep = env.init(jax.random.key(0))
    state = agent.init(jax.random.key(1), env.spec, timestep)
    step, act, observe = (
        jax.jit(env.step),
        jax.jit(functools.partial(playing.act, agent)),
        jax.jit(functools.partial(playing.observe, agent)),
    )
    everything = [np.asarray(timestep.observation, np.float64)]
    for _ in range(25):
        action, state = act(state, timestep)
        env_state, after = step(env_state, action)
        state = observe(state, timestep, action, after)
        timestep = after
        everything.append(np.asarray(timestep.observation, np.float64))
    everything = np.concatenate(everything)
    stage = state.learner.stage
    assert float(stage.count) == 26 * 3
    np.testing.assert_allclose(stage.mean, everything.mean(0), rtol=1e-5)
    np.testing.assert_allclose(variance_of(stage), everything.var(0), rtol=1e-4)


@pytest.mark.parametrize("where", ["compiled", "on the host"])
def test_acting_and_learning_go_by_the_statistics_of_all_that_was_seen(where):
    """With parameters that stay, Q(s) at each step is that of s by mean and variance up to it."""
    agent = agent_for_probes(
        network=qlax.networks.MLP(hidden=()),
        observation=Normalise(),
        explorer=Acting(epsilon=1.0),
        bootstrap=Judging(),
        optimizer=qlax.optimizers.SGD(learning_rate=0.0),
        replay=qlax.replay.Latest(),
        num_envs=3,
        learning_starts=3,
    )
    env = Vectorised(Noisy(time_limit=4), 3)
    driver = (
        CompiledDriver(agent, env)
        if where == "compiled"
        else HostDriver(agent, CompiledAsHost(env))
    )
    state = driver.advance(driver.init([0]), 0, 25)
    output = state.agent.learner.params["params"]["output"]
    acting, learning = noted("act"), noted("judge")
    assert (len(acting), len(learning)) == (25, 25)
    everything = np.concatenate([shown for _, _, shown in acting]).astype(np.float64)
    for at, (_, values, shown) in enumerate(acting[1:], 2):
        so_far = everything[: 3 * at]
        normalised = (shown - so_far.mean(0)) / np.sqrt(so_far.var(0) + 1e-8)
        expected = normalised @ np.asarray(output["kernel"]).T.reshape(1, 2) + output["bias"]
        np.testing.assert_allclose(values, expected, rtol=1e-3, atol=1e-3)
    for (ahead, _), (_, values, _) in zip(learning, acting[1:], strict=False):
        np.testing.assert_allclose(ahead, values, rtol=1e-5)


@pytest.fixture(scope="module", name="run")
def _run(tmp_path_factory):
    path = tmp_path_factory.mktemp("normalised") / "run"
    agent = AGENT.replace(observation=Normalise())
    return qlax.train("CartPole-v1", agent, steps=400, out=path, eval_episodes=5)


def test_a_saved_policy_has_the_same_statistics(run):
    loaded = qlax.load(run.folder)
    assert float(loaded.params.stage.count) == 401  # the first observation, and one a step
    jax.tree.map(np.testing.assert_array_equal, loaded.params.stage, run.policy.params.stage)
    observations = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    np.testing.assert_array_equal(loaded.q_values(observations), run.policy.q_values(observations))
    again = qlax.evaluate(loaded, episodes=5)
    assert again.returns == run.result["eval"]["returns"]


def test_a_policy_normalises_with_its_statistics(run):
    policy = run.policy
    stage = policy.params.stage
    observation = np.array([[0.02, 0.4, -0.03, -0.5]], np.float32)
    normalised = (observation - stage.mean) / np.sqrt(variance_of(stage) + 1e-8)
    plain = policy.agent.replace(observation=Raw())
    expected = plain.values(ActingParams(policy.params.network, ()), policy.spec, normalised)[0]
    np.testing.assert_allclose(policy.q_values(observation), expected, rtol=1e-4, atol=1e-5)
    raw = plain.values(ActingParams(policy.params.network, ()), policy.spec, observation)[0]
    assert np.abs(np.asarray(raw) - policy.q_values(observation)).max() > 1e-3


def test_numbers_beside_an_image_have_a_stage_of_their_own():
    health = Box((1,), "float32", -np.inf, np.inf)
    space = Composite((("screen", Box((2, 2), "uint8", 0.0, 255.0)), ("health", health)))
    stage, alone = Pixels(others=Normalise()), Normalise()
    state, state_alone = stage.init(space), alone.init(health)
    for number in (50.0, 90.0, 100.0):
        shown = {"screen": jnp.full((1, 2, 2), 255, jnp.uint8), "health": jnp.array([[number]])}
        state = stage.update(state, shown, space)
        state_alone = alone.update(state_alone, shown["health"], health)
    result, after = stage(state, shown, space)
    expected, expected_space = alone(state_alone, shown["health"], health)
    np.testing.assert_array_equal(result["health"], expected)
    assert dict(after.entries)["health"] == expected_space
    np.testing.assert_allclose(result["screen"], 1.0)
    assert stage.init(dict(space.entries)["screen"]) == ()


def test_only_images_are_scaled_as_pixels():
    space = Composite(
        (("screen", Box((2, 1, 1), "uint8", 0.0, 255.0, frames=2)), ("lives", Discrete(4)))
    )
    shown = {"screen": jnp.array([[[[0]], [[255]]]], jnp.uint8), "lives": jnp.array([3])}
    stage = Pixels()
    result, after = stage(stage.init(space), shown, space)
    np.testing.assert_allclose(result["screen"].ravel(), [0.0, 1.0])
    assert dict(after.entries)["screen"] == Box((2, 1, 1), "float32", 0.0, 1.0, frames=2)
    assert result["lives"] == 3
