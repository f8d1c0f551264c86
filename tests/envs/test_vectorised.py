"""N environments with time limits and autoreset, step by step."""

import jax
import jax.numpy as jnp
import numpy as np

from qlax.envs import Transition
from qlax.envs.as_host import CompiledAsHost
from qlax.envs.vectorised import Vectorised
from qlax.spaces import Box, EnvSpec


class Countdown:
    """Counts down from where it began; pays what it shows; ends at zero."""

    def __init__(self, start=3, time_limit=None):
        self.start = start
        self.spec = EnvSpec(
            id="Countdown",
            observation=Box(shape=(1,), dtype="float32", low=0.0, high=10.0),
            num_actions=2,
            time_limit=time_limit,
        )

    def reset(self, key):
        return jnp.int32(self.start), jnp.array([self.start], jnp.float32)

    def step(self, state, action, key):
        after = state - action  # action 0 stays
        shown = after.astype(jnp.float32)
        return Transition(after, shown[None], shown, after <= 0)


class Noisy(Countdown):
    """Begins anywhere."""

    def reset(self, key):
        start = jax.random.randint(key, (), 1, 1_000)
        return start, start[None].astype(jnp.float32)


def played(dynamics, actions, num_envs=1):
    """Return (observation, reward, terminated, truncated, first) of every step, env 0."""
    env = Vectorised(dynamics, num_envs)
    state, timestep = env.init(jax.random.key(0))
    step = jax.jit(env.step)
    shown = [timestep]
    for action in actions:
        state, timestep = step(state, jnp.broadcast_to(jnp.asarray(action, jnp.int32), num_envs))
        shown.append(timestep)
    return [
        (
            float(t.observation[0, 0]),
            float(t.reward[0]),
            bool(t.terminated[0]),
            bool(t.truncated[0]),
            bool(t.first[0]),
        )
        for t in shown
    ]


def test_the_step_after_an_end_begins_the_next_episode():
    assert played(Countdown(2), [1, 1, 1, 1]) == [
        (2.0, 0.0, False, False, True),
        (1.0, 1.0, False, False, False),
        (0.0, 0.0, True, False, False),  # the final observation is shown
        (2.0, 0.0, False, False, True),  # the action is ignored, nothing is paid
        (1.0, 1.0, False, False, False),
    ]


def test_a_time_limit_truncates():
    assert played(Countdown(5, time_limit=2), [1, 1, 1, 1, 1]) == [
        (5.0, 0.0, False, False, True),
        (4.0, 4.0, False, False, False),
        (3.0, 3.0, False, True, False),
        (5.0, 0.0, False, False, True),
        (4.0, 4.0, False, False, False),
        (3.0, 3.0, False, True, False),
    ]


def test_an_end_at_the_time_limit_is_a_termination():
    assert played(Countdown(2, time_limit=2), [1, 1])[-1] == (0.0, 0.0, True, False, False)


def test_a_time_limit_of_one_cuts_every_step():
    truncated = [entry[3] for entry in played(Countdown(5, time_limit=1), [0, 0, 0, 0])]
    assert truncated == [False, True, False, True, False]


def test_environments_end_and_begin_by_themselves():
    env = Vectorised(Countdown(2), 3)
    state, timestep = env.init(jax.random.key(0))
    actions = jnp.array([1, 0, 1])
    for _ in range(2):
        state, timestep = env.step(state, actions)
    assert timestep.terminated.tolist() == [True, False, True]
    state, timestep = env.step(state, jnp.array([1, 1, 0]))
    assert timestep.first.tolist() == [True, False, True]
    assert timestep.observation[:, 0].tolist() == [2.0, 1.0, 2.0]


def test_every_episode_and_every_environment_begins_with_its_own_random_numbers():
    env = Vectorised(Noisy(time_limit=1), 50)
    state, timestep = env.init(jax.random.key(0))
    step = jax.jit(env.step)
    firsts = [np.asarray(timestep.observation[:, 0])]
    for index in range(6):
        state, timestep = step(state, jnp.zeros(50, jnp.int32))
        if index % 2:
            firsts.append(np.asarray(timestep.observation[:, 0]))
    firsts = np.stack(firsts)
    assert len(np.unique(firsts)) > 150  # 200 draws out of 999


def test_a_stepped_environment_shows_what_the_compiled_one_does():
    env = Vectorised(Noisy(time_limit=3), 2)
    stepped = CompiledAsHost(env)
    shown = stepped.reset(7)
    env_key, _ = jax.random.split(jax.random.key(7))
    state, timestep = env.init(env_key)
    for _ in range(8):
        jax.tree.map(np.testing.assert_array_equal, shown, jax.tree.map(np.asarray, timestep))
        assert isinstance(shown.observation, np.ndarray)
        state, timestep = env.step(state, jnp.ones(2, jnp.int32))
        shown = stepped.step(np.ones(2, np.int32))
    stepped.close()
