"""Every compiled twin against Gymnasium's original: states, rewards and ends.

Both take the same actions from the same state. In float64 the two agree to rounding, so chaos
cannot hide or fake a difference; float32, in which training runs, is compared step by step.
"""

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax.actions import Grid
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.opening import source_of
from qlax.envs.select import select
from qlax.envs.vectorised import Vectorised
from qlax.envs.worlds.classic_control import TASKS

# Which leaves of the twin's state are the original's state, in its order.
LEAVES = {
    "CartPole-v1": ("x", "x_dot", "theta", "theta_dot"),
    "MountainCar-v0": ("position", "velocity"),
    "Acrobot-v1": ("joint_angle1", "joint_angle2", "velocity_1", "velocity_2"),
    "Pendulum-v1": ("theta", "theta_dot"),
    "MountainCarContinuous-v0": ("position", "velocity"),
}
IDS = sorted(TASKS)
ENDLESS = {"Pendulum-v1"}


def test_every_twin_is_held_to_its_original():
    assert set(LEAVES) == set(TASKS)


def opened(name):
    """Return the environment, with a grid of its actions if they are continuous."""
    return source_of(name).acting(Grid(points=9))


def original_of(name):
    env = opened(name).make()
    env.reset(seed=0)
    return env


def with_state(template, name, values):
    """Return the twin's state with the original's numbers in it."""
    return template.replace(
        **{leaf: jnp.asarray(value) for leaf, value in zip(LEAVES[name], values, strict=True)}
    )


def set_state(env, values):
    env.unwrapped.state = np.array(values, np.float64)
    if hasattr(env.unwrapped, "steps_beyond_terminated"):
        env.unwrapped.steps_beyond_terminated = None


def actions_for(name, rng, length):
    """Return actions that are held for a while, so that all of the state space is seen."""
    held = np.repeat(rng.integers(opened(name).spec.num_actions, size=length), rng.integers(1, 30))
    return held[:length]


@pytest.mark.parametrize("name", IDS)
def test_long_episodes_agree_in_float64(name):
    rng = np.random.default_rng(0)
    env = original_of(name)
    with jax.enable_x64(True):
        twin = TASKS[name](opened(name).spec)
        template, _ = twin.reset(jax.random.key(0))
        step = jax.jit(twin.step)
        ends = 0
        for _ in range(12):
            observation, _ = env.reset(seed=int(rng.integers(2**31)))
            state = with_state(template, name, np.asarray(env.unwrapped.state, np.float64))
            for index, action in enumerate(actions_for(name, rng, 500)):
                if index % 20 == 0:  # Acrobot is chaotic: rounding grows a million times in 300
                    values = np.asarray(env.unwrapped.state, np.float64)
                    state = with_state(state, name, values)
                observation, reward, terminated, truncated, _ = env.step(int(action))
                moved = step(state, jnp.int32(action), jax.random.key(1))
                state = moved.state
                np.testing.assert_allclose(
                    [getattr(state, leaf) for leaf in LEAVES[name]],
                    np.asarray(env.unwrapped.state, np.float64),
                    # The original keeps the car's state in float32.
                    atol=1e-6 if name == "MountainCarContinuous-v0" else 1e-9,
                    rtol=1e-9,
                )
                np.testing.assert_allclose(moved.observation, observation, atol=1e-6, rtol=1e-6)
                np.testing.assert_allclose(moved.reward, reward, rtol=1e-6)
                assert bool(moved.terminated) == terminated
                if terminated or truncated:
                    ends += terminated
                    break
    if name == "CartPole-v1":
        assert ends > 0, "no episode ended: the comparison saw no last step"


def states_near_everything(name, rng, count):
    """Return states over all of the space, many of them close to walls, limits and goals."""
    if name.startswith("MountainCar"):
        position = rng.choice([rng.uniform(-1.2, 0.6, count), rng.normal(0.5, 0.03, count)], axis=0)
        position[::5] = -1.2 + rng.exponential(0.02, len(position[::5]))
        return np.stack([position.clip(-1.2, 0.6), rng.uniform(-0.07, 0.07, count)], -1)
    if name == "CartPole-v1":
        scale = np.array([2.4, 2.0, 0.209, 2.0])  # just inside: no step begins after the end
        return rng.uniform(-1.0, 1.0, (count, 4)) * scale
    if name == "Pendulum-v1":
        return rng.uniform(-1.0, 1.0, (count, 2)) * np.array([4 * np.pi, 8.0])
    scale = np.array([np.pi, np.pi, 4 * np.pi, 9 * np.pi])
    return rng.uniform(-1.0, 1.0, (count, 4)) * scale


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("wide", [True, False], ids=["float64", "float32"])
def test_single_steps_agree_from_everywhere(name, wide):
    rng = np.random.default_rng(1)
    count = 3_000
    # Numbers that float32 holds exactly, so that both begin in the same state.
    states = states_near_everything(name, rng, count).astype(np.float32).astype(np.float64)
    actions = rng.integers(opened(name).spec.num_actions, size=count)
    env = original_of(name)
    expected = []
    for state, action in zip(states, actions, strict=True):
        set_state(env, state)
        observation, reward, terminated, _, _ = env.step(int(action))
        expected.append((observation, reward, terminated))
    observations, rewards, ends = map(np.array, zip(*expected, strict=True))
    with jax.enable_x64(wide):
        twin = TASKS[name](opened(name).spec)
        template, _ = twin.reset(jax.random.key(0))
        batch = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (count,)), template)
        dtype = np.float64 if wide else np.float32
        batch = with_state(batch, name, states.T.astype(dtype))
        moved = jax.jit(jax.vmap(twin.step, (0, 0, None)))(
            batch, jnp.asarray(actions, jnp.int32), jax.random.key(0)
        )
    atol = 1e-6 if wide else 1e-3 if name == "Acrobot-v1" else 2e-6
    np.testing.assert_allclose(moved.observation, observations, atol=atol, rtol=1e-6)
    agree = np.asarray(moved.terminated) == ends
    if wide:
        assert agree.all()
        np.testing.assert_allclose(moved.reward, rewards, rtol=1e-6)
    else:
        # A threshold may fall between two neighbouring float32 numbers.
        assert agree.mean() > 0.999
        np.testing.assert_allclose(
            np.asarray(moved.reward)[agree], rewards[agree], rtol=1e-5, atol=1e-5
        )
    assert name in ENDLESS or 0 < ends.sum() < count, "the states must lie on both sides of the end"


@pytest.mark.parametrize("name", IDS)
def test_time_limits_fall_on_the_same_step(name):
    """Whole environments, from the twin's own first state, with the shortest of episodes."""
    limit = 7
    spec = opened(name).described(limit)
    assert spec.time_limit == limit
    vectorised = Vectorised(TASKS[name](spec), 1)
    original = GymnasiumEnv(opened(name).maker(limit), 1, spec)
    original.reset(seed=0)
    state, _ = vectorised.init(jax.random.key(0))
    step = jax.jit(vectorised.step)
    for _ in range(3 * (limit + 1)):
        state, ours = step(state, jnp.zeros(1, jnp.int32))
        theirs = original.step(np.zeros(1, np.int32))
        for flag in ("terminated", "truncated", "first"):
            assert bool(getattr(ours, flag)[0]) == bool(getattr(theirs, flag)[0]), flag
        if name not in ENDLESS:  # whose rewards tell the states apart
            assert float(ours.reward[0]) == float(theirs.reward[0])
    original.close()


@pytest.mark.parametrize("name", IDS)
def test_first_states_have_the_same_range(name):
    original = gymnasium.make(name, disable_env_checker=True)
    theirs = []
    for seed in range(200):
        original.reset(seed=seed)
        theirs.append(np.asarray(original.unwrapped.state, np.float64))
    twin = TASKS[name](opened(name).spec)
    states, observations = jax.jit(jax.vmap(twin.reset))(jax.random.split(jax.random.key(0), 2_000))
    ours = np.stack([getattr(states, leaf) for leaf in LEAVES[name]], -1)
    near = 0.3 if name in ENDLESS else 0.01  # which begins anywhere on the circle
    np.testing.assert_allclose(ours.min(0), np.min(theirs, 0), atol=near)
    np.testing.assert_allclose(ours.max(0), np.max(theirs, 0), atol=near)
    np.testing.assert_allclose(ours.mean(0), np.mean(theirs, 0), atol=2 * near)
    assert observations.shape == (2_000, *opened(name).spec.observation.shape)


@pytest.mark.parametrize("name", IDS)
def test_auto_takes_the_twin_and_says_so(name):
    chosen = select(opened(name), num_envs=2)
    assert chosen.backend == "jax"
    assert chosen.is_pure
    assert chosen.env.spec == select(opened(name), num_envs=2, backend="gymnasium").env.spec
