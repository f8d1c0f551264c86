"""Long short-term memory."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from qlax.errors import require
from qlax.memories.core import require_sequences
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class LSTM:
    """c ← f ∘ c + i ∘ g,  h ← o ∘ tanh(c), with gates i, f, o and g of (x, h).

    Reference: Hochreiter and Schmidhuber (1997), Long Short-Term Memory; in Q-learning Hausknecht
    and Stone (2015), arXiv 1507.06527.
    """

    size: int = 64
    """Entries of c and of h; at least 1."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.size >= 1, "LSTM.size", self.size, "at least 1")

    def check(self, agent: Any) -> None:
        """Raise `UsageError` if the replay does not draw sequences."""
        require_sequences("LSTM", agent)

    def init(self, num_envs: int) -> tuple[jax.Array, jax.Array]:
        """Return (c, h) of zeros, each [N, size]."""
        return jnp.zeros((num_envs, self.size)), jnp.zeros((num_envs, self.size))

    def cell(self) -> nn.Module:
        """Return the cell."""
        return nn.OptimizedLSTMCell(self.size, name="lstm")
