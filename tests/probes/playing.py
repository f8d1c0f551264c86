"""Playing an agent one step at a time, so that a test can do the same sums beside it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import numpy as np

from qlax.agent import Agent, TrainState
from qlax.envs.vectorised import Vectorised
from tests.probes.mdp import MDP, Probe


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
    act, step = jax.jit(agent.act), jax.jit(env.step)
    finish = jax.jit(lambda *given: agent.learn(agent.observe(*given)))
    for _ in range(steps):
        action, state = act(before, timestep)
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
