"""Gymnasium's small text worlds as compiled environments, made from their own tables.

FrozenLake, CliffWalking and Taxi carry their whole dynamics as a table: for every state and action
the outcomes with probability, next state, reward and end. The twin draws from that very table.
"""

from collections.abc import Mapping
from typing import Any

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


class ToyText:
    """One of these worlds as a `Dynamics`, from the table of an environment that was made."""

    def __init__(self, spec: EnvSpec, made: gymnasium.Env) -> None:
        self.spec = spec
        env: Any = made.unwrapped
        made.close()
        states, actions = len(env.P), spec.num_actions
        outcomes = max(len(env.P[s][a]) for s in range(states) for a in range(actions))
        shape = (states, actions, outcomes)
        chance, reward = np.zeros(shape), np.zeros(shape, np.float32)
        following, terminated = np.zeros(shape, np.int32), np.zeros(shape, bool)
        for state in range(states):
            for action in range(actions):
                for index, (p, after, paid, ended) in enumerate(env.P[state][action]):
                    at = state, action, index
                    chance[at], following[at], reward[at], terminated[at] = p, after, paid, ended
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
