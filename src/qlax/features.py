"""What a network hands to a head: a dense vector, or the few active entries of a long one."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from qlax.pytree import Pytree, static


class SparseFeatures(Pytree):
    """A 0/1 vector of length `size`, given by the indices of its ones.

    A table's one-hot row and the active tiles of a tile coding are such vectors. A linear layer
    on them adds up rows of its matrix, so a table is exactly a linear network.
    """

    indices: jax.Array
    """Shape [B, k], int32, each in [0, size)."""
    size: int = static()
    """Length of the vector."""


Features = jax.Array | SparseFeatures


class _SparseLinear(nn.Module):
    """w · φ for a 0/1 vector φ: the sum of the active rows."""

    outputs: int
    init: Callable[..., Any]

    @nn.compact
    def __call__(self, features: SparseFeatures) -> jax.Array:
        rows = self.param("kernel", self.init, (features.size, self.outputs))
        return jnp.asarray(rows)[features.indices].sum(-2)


def linear(features: Features, outputs: int, *, name: str, hidden: bool = False) -> jax.Array:
    """Apply a linear layer to dense or sparse features; called inside a Flax module.

    Dense features get a kernel (LeCun normal) and a bias. Sparse ones get a table: of zeros,
    as tables start, or of random numbers if a nonlinearity follows, which zeros would never leave.
    """
    if isinstance(features, SparseFeatures):
        init = nn.initializers.normal(1.0) if hidden else nn.initializers.zeros_init()
        return _SparseLinear(outputs, init, name=name)(features)
    return nn.Dense(outputs, name=name)(features)
