"""In a loop of the user's own the same is learned as by the host driver, bit for bit."""

import jax
import numpy as np
import pytest

import qlax
from qlax import Agent, explorers, heads, layers, memories, networks, optimizers, replay, targets
from qlax.drivers import HostDriver
from qlax.envs.as_host import CompiledAsHost
from tests.drivers.runs import agent, assert_equal, world
from tests.tiers import in_turn

STEPS = 45

AGENTS = {
    "table": agent(
        num_envs=1,
        network=networks.Table(),
        replay=replay.Latest(),
        target=targets.Online(),
        optimizer=optimizers.SGD(learning_rate=0.1),
        learning_starts=1,
        update_every=1,
        updates=1,
    ),
    "dqn": agent(num_envs=1),
    "prioritised": agent(
        num_envs=2, replay=replay.Prioritised(capacity=60, batch_size=8, n_step=3)
    ),
    "recurrent": agent(
        num_envs=1,
        memory=memories.PreviousActionAndReward(memory=memories.LSTM(size=4)),
        replay=replay.Sequences(capacity=60, batch_size=4, length=4, burn_in=2),
    ),
    "noisy": agent(
        num_envs=1,
        network=networks.MLP(hidden=(8,), layer=layers.Noisy()),
        explorer=explorers.UpperConfidence(scale=0.1),
    ),
    "retrace": agent(
        num_envs=4,
        explorer=explorers.Boltzmann(temperature=0.5),
        replay=replay.Rollout(
            length=3, minibatches=2, lambda_return=replay.LambdaReturn(kind="retrace", decay=0.9)
        ),
        update_every=3,
    ),
    "quantiles": agent(
        num_envs=1,
        head=heads.QuantileRegression(quantiles=5),
        explorer=explorers.EpsilonGreedy(
            epsilon=0.8, duration=explorers.Zeta(exponent=1.5, longest=6)
        ),
        target=targets.Periodic(period=3),
    ),
}


class Noted:
    """A host environment that notes what it was told and what it showed."""

    def __init__(self, env):
        self.env, self.spec, self.num_envs = env, env.spec, env.num_envs
        self.shown, self.actions = [], []

    def reset(self, seed):
        self.shown.append(self.env.reset(seed))
        return self.shown[-1]

    def step(self, action):
        self.actions.append(np.array(action))
        self.shown.append(self.env.step(action))
        return self.shown[-1]


def noted(made: Agent):
    """Return what a host driver's run showed and did, and its state at the end."""
    env = Noted(CompiledAsHost(world(made.num_envs)))
    driver = HostDriver(made.for_run(STEPS * made.num_envs), env)
    state = driver.advance(driver.init([5]), 0, STEPS)
    return env, state


def told(learner, step):
    """Return a time step as a user's loop would give it: an axis of environments if needed."""
    tree = step.observation, step.reward, step.terminated, step.truncated
    return tree if learner.num_envs > 1 else jax.tree.map(lambda array: array[0], tree)


def replayed(learner, env):
    """Tell a learner what a run showed, and return the actions it chose."""
    observation = told(learner, env.shown[0])[0]
    actions = [learner.act(observation)]
    for step in env.shown[1:]:
        observation, reward, terminated, truncated = told(learner, step)
        if learner.num_envs == 1 and step.first[0]:
            actions[-1] = None  # it was ignored
            actions.append(learner.act(observation))
            continue
        learner.observe(reward, observation, terminated, truncated)
        over = learner.num_envs == 1 and (terminated or truncated)
        actions.append(None if over else learner.act())
    return actions[:-1]


@pytest.mark.parametrize("name", in_turn(list(AGENTS), 4))
def test_the_same_transitions_teach_the_same(name):
    made = AGENTS[name]
    env, state = noted(made)
    learner = qlax.Learner(made, env.spec, seed=5, steps=STEPS * made.num_envs)
    chosen = replayed(learner, env)
    for ours, theirs in zip(chosen, env.actions, strict=True):
        if ours is not None:
            np.testing.assert_array_equal(ours, theirs if made.num_envs > 1 else theirs[0])
    ours = learner._loop.lend()
    assert_equal(ours.agent.learner, state.agent.learner)
    assert_equal(ours.agent.replay, state.agent.replay)
    assert_equal(ours.statistics, state.statistics)
    assert learner.steps == STEPS * made.num_envs
    assert int(state.agent.learner.updates) > 0
