"""Gated recurrent unit."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from qlax.errors import require
from qlax.memories.core import require_sequences
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class GRU:
    """h ← (1 − z) ∘ n + z ∘ h, n = tanh(W x + r ∘ U h), gates z and r of (x, h).

    An LSTM with one state less.

    Reference: Cho et al. (2014), arXiv 1406.1078.
    """

    size: int = 64
    """Entries of h; at least 1."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.size >= 1, "GRU.size", self.size, "at least 1")

    def check(self, agent: Any) -> None:
        """Raise `UsageError` if the replay does not draw sequences."""
        require_sequences("GRU", agent)

    def init(self, num_envs: int) -> jax.Array:
        """Return h of zeros, [N, size]."""
        return jnp.zeros((num_envs, self.size))

    def cell(self) -> nn.Module:
        """Return the cell."""
        return nn.GRUCell(self.size, name="gru")
