"""A memory that is told what was done last and what that paid."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qlax
from qlax import Agent, UsageError, explorers, memories, networks, observations, optimizers, replay
from qlax.envs import Transition
from qlax.envs.vectorised import Vectorised
from qlax.memories.previous import observation_in, previous_in, shown_to, space_shown
from qlax.policy import Policy
from qlax.spaces import Box, EnvSpec
from qlax.states import ActingParams
from tests.probes import playing
from tests.probes.mdp import Probe, corridor
from tests.tiers import in_turn

TOLD = memories.PreviousActionAndReward(memory=memories.GRU(size=16))


class Hidden:
    """One of two actions pays, another in each episode of four steps; nothing is ever seen.

    Whoever is not told what the last action paid gets 2 on average, whoever is 3.5.
    """

    spec = EnvSpec(id="Hidden", observation=Box((1,), "float32", -1.0, 1.0), num_actions=2)

    def reset(self, key):
        return (jax.random.bernoulli(key).astype(jnp.int32), jnp.int32(0)), jnp.zeros(1)

    def step(self, state, action, key):
        right, elapsed = state
        return Transition(
            state=(right, elapsed + 1),
            observation=jnp.zeros(1),
            reward=(action == right).astype(jnp.float32),
            terminated=elapsed == 3,
        )


def agent_of(memory=TOLD, **changed) -> Agent:
    return Agent(
        **{
            "network": networks.MLP(hidden=(8,)),
            "memory": memory,
            "observation": observations.Raw(),
            "replay": replay.Sequences(capacity=4_000, batch_size=16, length=8, burn_in=4),
            "explorer": explorers.EpsilonGreedy(epsilon=0.3),
            "optimizer": optimizers.Adam(learning_rate=5e-3),
            "discount": 0.9,
            "num_envs": 8,
            "learning_starts": 200,
            **changed,
        }
    )


@pytest.mark.parametrize(
    ("memory", "least", "most"), in_turn([(TOLD, 3.2, 4.0), (TOLD.memory, 1.5, 2.5)], 2)
)
def test_who_is_told_what_an_action_paid_knows_the_next(memory, least, most, tmp_path):
    run = qlax.train(
        Hidden(), agent_of(memory), steps=12_000, eval_episodes=200, out=tmp_path / "run"
    )
    assert least < run.result["eval"]["mean"] < most


def test_what_is_shown():
    action, reward = jnp.array([2, 0, 1]), jnp.array([5.0, -1.0, 3.0])
    first = jnp.array([False, False, True])
    shown = shown_to(TOLD, jnp.ones((3, 4)), action, reward, first, 3)
    expected = [[0, 0, 1, 5], [1, 0, 0, -1], [0, 0, 0, 0]]
    np.testing.assert_array_equal(previous_in(TOLD, shown, 3), expected)
    np.testing.assert_array_equal(observation_in(TOLD, shown), np.ones((3, 4)))
    nothing = shown_to(TOLD, jnp.ones((3, 4)), None, None, None, 3)
    np.testing.assert_array_equal(previous_in(TOLD, nothing, 3), np.zeros((3, 4)))
    space = space_shown(TOLD, Hidden.spec.observation, 3)
    assert [name for name, _ in space.entries] == list(shown)
    plain = memories.GRU()
    assert shown_to(plain, action, action, reward, first, 3) is action
    assert space_shown(None, Hidden.spec.observation, 3) is Hidden.spec.observation


def test_a_replay_holds_the_action_and_reward_that_came_before():
    agent = agent_of(num_envs=2, learning_starts=2_000)
    env = Vectorised(Probe(corridor(4)), 2, 3)
    act, step = jax.jit(lambda state, seen: playing.act(agent, state, seen)), jax.jit(env.step)
    env_state, timestep = env.init(jax.random.key(1))
    state = agent.init(jax.random.key(2), env.spec, timestep)
    before, lived = [], [timestep]
    for _ in range(30):
        action, state = act(state, timestep)
        env_state, following = step(env_state, action)
        state = playing.observe(agent, state, timestep, action, following)
        before.append(np.asarray(action))
        lived.append(following)
        timestep = following
    batch, _ = agent.replay.sample(state.replay, jax.random.key(0), 0.9, next_action=False)
    begun, envs = np.asarray(batch.source).T
    at = begun + np.arange(13)[:, None]
    actions = np.stack([np.zeros(2), *before])[at, envs]
    rewards = np.stack([seen.reward for seen in lived])[at, envs]
    first = np.stack([seen.first for seen in lived])[at, envs]
    seen = batch.seen.observation
    np.testing.assert_array_equal(seen["previous_action"], np.where(first, 2, actions))
    np.testing.assert_array_equal(seen["previous_reward"], np.where(first, 0.0, rewards))
    assert 0 < first.mean() < 0.5
    assert len(np.unique(rewards[~first])) > 1


def policy_of(agent):
    """Return an untrained policy for `Hidden`."""
    params = agent.init_params(jax.random.key(0), Hidden.spec, jnp.zeros((1, 1)))
    return Policy(agent, Hidden.spec, ActingParams(params, ()))


def test_a_policys_actor_is_told_the_reward_and_remembers_the_action():
    agent = agent_of()
    policy = policy_of(agent)
    actor = policy.actor()
    actions = [actor.act([0.0], first=True)]
    actions += [actor.act([0.0], reward=float(paid)) for paid in (1, 0, 5)]
    memory, action = agent.memory.init(1), jnp.zeros(1, int)
    for step, reward in enumerate((0.0, 1.0, 0.0, 5.0)):
        values, memory = agent.values(
            policy.params,
            Hidden.spec,
            jnp.zeros((1, 1)),
            memory,
            jnp.array([step == 0]),
            previous=(action, jnp.array([reward])),
        )
        action = values.argmax(-1)
        assert actions[step] == int(action[0])


def test_a_policys_actor_demands_the_reward():
    actor = policy_of(agent_of()).actor()
    actor.act([0.0], first=True)
    with pytest.raises(UsageError, match="sees what the previous action paid: give reward="):
        actor.act([0.0])


def test_what_does_not_go_together_is_refused():
    with pytest.raises(UsageError, match="memory is a PreviousActionAndReward, but must be a"):
        memories.PreviousActionAndReward(memory=TOLD)
    with pytest.raises(UsageError, match="GRU learns from sequences, but Uniform draws single"):
        agent_of(replay=replay.Uniform())
