"""Gymnasium's small text worlds as compiled environments, made from their own tables.

FrozenLake, CliffWalking and Taxi carry their whole dynamics as a table: for every state and action
the outcomes with probability, next state, reward and end. The twin draws from that very table.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np

from qlax.envs.core import Transition
from qlax.spaces import EnvSpec

TABLES = (
    "CliffWalking-v1",
    "CliffWalkingSlippery-v1",
    "FrozenLake-v1",
    "FrozenLake8x8-v1",
    "Taxi-v3",
    "Taxi-v4",
)


def is_table(identity: str, kwargs: Mapping[str, Any]) -> bool:
    """Return whether an environment with these arguments is all in its table."""
    return identity in TABLES and not kwargs.get("fickle_passenger")  # who changes their mind


class _Table(NamedTuple):
    """All outcomes of every action in every state, each of shape [states, actions, outcomes]."""

    chance: np.ndarray
    following: np.ndarray
    reward: np.ndarray
    terminated: np.ndarray

    @classmethod
    def of(cls, env: Any) -> "_Table":
        """Return the table of an environment; outcomes that fill it up have no chance."""
        states, actions = len(env.P), int(env.action_space.n)
        outcomes = max(len(env.P[s][a]) for s in range(states) for a in range(actions))
        shape = (states, actions, outcomes)
        chance, reward = np.zeros(shape), np.zeros(shape, np.float32)
        following, terminated = np.zeros(shape, np.int32), np.zeros(shape, bool)
        for state in range(states):
            for action in range(actions):
                for index, (p, after, paid, ended) in enumerate(env.P[state][action]):
                    at = state, action, index
                    chance[at], following[at], reward[at], terminated[at] = p, after, paid, ended
        return cls(chance, following, reward, terminated)


def optimum(made: gymnasium.Env, steps: int) -> float:
    """Return the largest mean return of episodes of so many steps at most, undiscounted.

    V₀ = 0 and Vₖ₊₁(s) = max_a Σ p · [r + (1 − terminated) · Vₖ(s′)], weighed by how often an
    episode begins in s: what the best player expects who knows how many steps are left.
    """
    env: Any = made.unwrapped
    table = _Table.of(env)
    values = np.zeros(len(env.P))
    for _ in range(steps):
        onward = np.where(table.terminated, 0.0, values[table.following])
        better = (table.chance * (table.reward + onward)).sum(-1).max(-1)
        if np.abs(better - values).max() < 1e-9:
            break
        values = better
    return float(values @ env.initial_state_distrib)


class ToyText:
    """One of these worlds as a `Dynamics`, from the table of an environment that was made."""

    def __init__(self, spec: EnvSpec, made: gymnasium.Env) -> None:
        self.spec = spec
        env: Any = made.unwrapped
        made.close()
        table = _Table.of(env)
        states, chance = len(env.P), table.chance
        following, reward, terminated = table.following, table.reward, table.terminated
        self._limits = np.cumsum(chance, -1).astype(np.float32)
        self._following, self._reward, self._terminated = following, reward, terminated
        self._start = np.cumsum(env.initial_state_distrib).astype(np.float32)
        self._legal = None
        if spec.has_mask:
            self._legal = np.array([env.action_mask(state) for state in range(states)], bool)

    def reset(self, key: jax.Array) -> tuple[jax.Array, Any]:
        """Return the state and observation an episode begins with."""
        state = _drawn(key, jnp.asarray(self._start))
        if self._legal is None:
            return state, state
        return state, (state, jnp.asarray(self._legal)[state])

    def step(self, state: jax.Array, action: jax.Array, key: jax.Array) -> Transition:
        """Return what follows from an action."""
        outcome = _drawn(key, jnp.asarray(self._limits)[state, action])
        at = state, action, outcome
        following = jnp.asarray(self._following)[at]
        return Transition(
            state=following,
            observation=following,
            reward=jnp.asarray(self._reward)[at],
            terminated=jnp.asarray(self._terminated)[at],
            legal=None if self._legal is None else jnp.asarray(self._legal)[following],
        )


def _drawn(key: jax.Array, limits: jax.Array) -> jax.Array:
    """Return the first index whose cumulative probability exceeds a uniform number, int32."""
    uniform = jax.random.uniform(key) * limits[-1]
    return (uniform >= limits).sum(dtype=jnp.int32)
