"""The protocol of memories."""

from typing import Any, Protocol, runtime_checkable

import jax
from flax import linen as nn

from qlax.errors import UsageError


@runtime_checkable
class Memory(Protocol):
    """A recurrent cell and the state it starts an episode with."""

    def init(self, num_envs: int) -> Any:
        """Return the state at the beginning of an episode, each array of shape [N, …]."""
        ...

    def cell(self) -> nn.Module:
        """Return a Flax module that maps (state, features [B, F]) to (state, output [B, H])."""
        ...


def fresh_where(first: jax.Array, state: Any) -> Any:
    """Return the state with zeros in the environments, [N], whose episode begins."""

    def reset(array: jax.Array) -> jax.Array:
        mask = first.reshape((-1, *[1] * (array.ndim - 1)))
        return jax.numpy.where(mask, jax.numpy.zeros_like(array), array)

    return jax.tree.map(reset, state)


def require_sequences(owner: str, agent: Any) -> None:
    """Raise `UsageError` if the agent's replay draws single steps: no memory learns from those."""
    if not getattr(agent.replay, "draws_sequences", False):
        raise UsageError(
            f"{owner} learns from sequences, but {type(agent.replay).__name__} draws single "
            "steps: take replay.Sequences or replay.Rollout."
        )
