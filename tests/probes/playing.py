"""Playing an agent one step at a time, so that a test can do the same sums beside it."""

import functools
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import numpy as np

from qlax import Agent, TrainState
from qlax.envs.vectorised import Vectorised
from tests.probes.mdp import MDP, Probe


def act(agent: Agent, state: TrainState, timestep: Any) -> tuple[jax.Array, TrainState]:
    """Return actions by the parameters that there are now, and the state after."""
    action, actor = agent.act(state.actor, agent.acting_params(state.learner), timestep)
    return action, state.replace(actor=actor)


def observe(
    agent: Agent, state: TrainState, timestep: Any, action: jax.Array, following: Any
) -> TrainState:
    """Return the state after an action has led to what follows."""
    step, actor = agent.experience(state.actor, timestep, action, following)
    return TrainState(actor, *agent.remember(state.learner, state.replay, step))


def learn(agent: Agent, state: TrainState) -> tuple[TrainState, dict[str, jax.Array]]:
    """Return the state after a gradient step, and what there is to report of it."""
    learner, replay, metrics = agent.learn(state.learner, state.replay, state.actor.clock)
    return TrainState(state.actor, learner, replay), metrics


class Played(NamedTuple):
    """One step of the first environment, learned from."""

    state: int
    action: int
    reward: float
    terminated: bool
    following: int
    reset: bool
    """The step only began an episode."""
    before: TrainState
    """As it was when the action was chosen."""
    after: TrainState
    """As it is after learning."""


def played(agent: Agent, mdp: MDP, steps: int, seed: int = 0) -> Iterator[Played]:
    """Yield what happens, step by step."""
    env = Vectorised(Probe(mdp), agent.num_envs)
    env_state, timestep = env.init(jax.random.key(seed))
    before = agent.init(jax.random.key(seed + 1), env.spec, timestep)
    acting, step = jax.jit(functools.partial(act, agent)), jax.jit(env.step)
    finish = jax.jit(lambda *given: learn(agent, observe(agent, *given)))
    for _ in range(steps):
        action, state = acting(before, timestep)
        env_state, following = step(env_state, action)
        after, _ = finish(state, timestep, action, following)
        yield Played(
            state=int(timestep.observation[0]),
            action=int(action[0]),
            reward=float(following.reward[0]),
            terminated=bool(following.terminated[0]),
            following=int(following.observation[0]),
            reset=bool(timestep.done[0]),
            before=before,
            after=after,
        )
        before, timestep = after, following


def table_of(params: Any) -> np.ndarray:
    """Return the action values of all states, [S, A], by the parameters of a `Table`."""
    return np.asarray(params["params"]["output"]["kernel"])
