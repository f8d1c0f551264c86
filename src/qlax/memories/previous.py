"""A memory that is told what was done last and what that paid, and how it comes to know."""

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from qlax.errors import UsageError
from qlax.memories.core import Memory
from qlax.memories.lstm import LSTM
from qlax.spaces import Box, Composite, Discrete, Space
from qlax.validation import check_types

_OBSERVATION, _ACTION, _REWARD = "observation", "previous_action", "previous_reward"


@dataclass(frozen=True, kw_only=True)
class PreviousActionAndReward:
    """A memory of (φ(s_t), a_{t−1}, r_{t−1}) instead of φ(s_t) alone.

    The action is a one-hot vector, the reward as the environment pays it. Both are zeros at the
    beginning of an episode. What an action led to may be all that tells where one is: in a maze
    whose corridors look alike, or where the reward itself is what must be remembered.

    Reference: Kapturowski et al. (2019), Recurrent Experience Replay in Distributed Reinforcement
    Learning.
    """

    memory: Memory = field(default_factory=LSTM)
    """What remembers: `LSTM()` or `GRU()`."""

    def __post_init__(self) -> None:
        check_types(self)
        if isinstance(self.memory, PreviousActionAndReward):
            raise UsageError(
                "PreviousActionAndReward.memory is a PreviousActionAndReward, but must be a "
                "memory such as LSTM or GRU."
            )

    def check(self, agent: Any) -> None:
        """Raise `UsageError` if the memory inside cannot learn with the agent's other parts."""
        check = getattr(self.memory, "check", None)
        if check is not None:
            check(agent)

    def init(self, num_envs: int) -> Any:
        """Return the state of the memory inside."""
        return self.memory.init(num_envs)

    def cell(self) -> nn.Module:
        """Return the cell of the memory inside."""
        return self.memory.cell()


def sees_previous(memory: Memory | None) -> bool:
    """Return whether a memory is told the previous action and reward."""
    return isinstance(memory, PreviousActionAndReward)


def shown_to(
    memory: Memory | None,
    observation: Any,
    action: jax.Array | None,
    reward: jax.Array | None,
    first: jax.Array | None,
    num_actions: int,
    factors: int | None = None,
) -> Any:
    """Return what a network with this memory is shown: observations, and what led to them.

    Args:
        memory: The agent's memory; without one that is told more, observations are all.
        observation: What N environments show, each array [N, …].
        action: The action before it, int32, shape [N]; None if there was none anywhere.
        reward: What that paid, shape [N]; likewise.
        first: Where an episode begins, bool, shape [N]; None for everywhere.
        num_actions: A, which stands for no action.
        factors: F, if an action has several: then it is int32, [N, F], and W of each stands for
            none.
    """
    if not sees_previous(memory):
        return observation
    rows = jax.tree.leaves(observation)[0].shape[0]
    shape = (rows,) if factors is None else (rows, factors)
    before = jnp.full(shape, num_actions // (factors or 1), jnp.int32)
    paid = jnp.zeros(rows, jnp.float32)
    if action is not None and reward is not None and first is not None:
        before = jnp.where(first if factors is None else first[:, None], before, action)
        paid = jnp.where(first, paid, jnp.asarray(reward, jnp.float32))
    return {_OBSERVATION: observation, _ACTION: before, _REWARD: paid}


def observation_in(memory: Memory | None, shown: Any) -> Any:
    """Return the observations in what a network with this memory is shown."""
    return shown[_OBSERVATION] if sees_previous(memory) else shown


def previous_in(
    memory: Memory | None, shown: Any, num_actions: int, factors: int | None = None
) -> jax.Array | None:
    """Return previous actions and rewards as vectors, shape [B, A + 1]; None if not shown."""
    if not sees_previous(memory):
        return None
    action, reward = shown[_ACTION], shown[_REWARD]
    hot = jax.nn.one_hot(action, num_actions // (factors or 1)).reshape((len(reward), -1))
    return jnp.concatenate([hot, reward[:, None]], -1)


def space_shown(
    memory: Memory | None, space: Space, num_actions: int, factors: int | None = None
) -> Space:
    """Return the space of what a network with this memory is shown."""
    if not sees_previous(memory):
        return space
    reward = Box(shape=(), dtype="float32", low=-float("inf"), high=float("inf"))
    action: Space = Discrete(num_actions + 1)
    if factors is not None:
        action = Box(shape=(factors,), dtype="int32", low=0, high=num_actions // factors)
    return Composite(((_OBSERVATION, space), (_ACTION, action), (_REWARD, reward)))
