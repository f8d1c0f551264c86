"""Gymnasium's stacks of frames: recognised, stored as single frames, drawn as they were shown."""

import functools

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.wrappers import FrameStackObservation, TimeLimit, TransformObservation

import qlax
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.opening import describe
from qlax.networks import MLP
from qlax.replay import Uniform
from tests.probes import playing
from tests.probes.training import agent_for_probes


class Counting(gymnasium.Env):
    """Shows the number of the frame, in every pixel; an episode has five steps."""

    observation_space = spaces.Box(0, 255, (2, 3), np.uint8)
    action_space = spaces.Discrete(3)

    def __init__(self):
        self.shown = 0
        self.steps = 0

    def frame(self):
        self.shown = self.shown % 255 + 1
        return np.full((2, 3), self.shown, np.uint8)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self.frame(), {}

    def step(self, action):
        self.steps += 1
        return self.frame(), 1.0, self.steps == 5, False, {}


def stacked(padding="reset"):
    return FrameStackObservation(Counting(), 4, padding_type=padding)


@pytest.mark.parametrize(("padding", "named"), [("reset", "first"), ("zero", "zeros")])
def test_stacks_are_recognised(padding, named):
    for factory in (lambda: stacked(padding), lambda: TimeLimit(stacked(padding), 3)):
        space = describe(factory).observation
        assert (space.shape, space.frames, space.padding) == ((4, 2, 3), 4, named)


def test_stacks_that_were_changed_afterwards_are_not():
    def darker():
        inner = stacked()
        return TransformObservation(inner, lambda seen: seen // 2, inner.observation_space)

    assert describe(darker).observation.frames == 1
    custom = np.full((2, 3), 7, np.uint8)
    assert describe(lambda: stacked(custom)).observation.frames == 1


@pytest.mark.parametrize("padding", ["reset", "zero"])
def test_an_agent_remembers_what_it_was_shown(padding):
    def factory():
        return TimeLimit(stacked(padding), 4)

    spec = describe(factory)
    env = GymnasiumEnv(factory, 2, spec)
    agent = agent_for_probes(
        network=MLP(hidden=(8,)),
        num_envs=2,
        replay=Uniform(capacity=16, batch_size=16, n_step=2),
    )
    timestep = env.reset(0)
    state = agent.init(jax.random.key(0), spec, timestep)
    assert state.replay.seen.observation.shape[1:] == (2, 2, 3)
    shown = {tuple(timestep.observation[at, :, 0, 0]) for at in range(2)}
    observe = jax.jit(functools.partial(playing.observe, agent))
    for _ in range(30):
        following = env.step(np.zeros(2, np.int32))
        state = observe(state, timestep, jnp.zeros(2, jnp.int32), following)
        timestep = following
        shown |= {tuple(timestep.observation[at, :, 0, 0]) for at in range(2)}
    batch, _ = agent.replay.sample(
        state.replay, jax.random.key(1), state.learner.discount, next_action=False
    )
    counts = np.asarray(batch.weight) > 0
    drawn = {tuple(stack) for stack in np.asarray(batch.now.observation)[counts][:, :, 0, 0]}
    ahead = {tuple(stack) for stack in np.asarray(batch.next.observation)[counts][:, :, 0, 0]}
    assert len(drawn) > 4
    assert drawn <= shown
    assert ahead <= shown


def test_a_policy_is_given_the_stack(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    agent = agent_for_probes(network=MLP(hidden=(8,)), replay=Uniform(capacity=32, batch_size=8))
    run = qlax.train(stacked, agent, steps=60, eval_episodes=2)
    assert run.policy.predict(np.zeros((4, 2, 3), np.uint8)) in range(3)
