"""What a network hands to a head: a dense vector, or the few active entries of a long one."""

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
    """w · φ for a 0/1 vector φ: the sum of the active rows; starts at zero, as tables do."""

    outputs: int

    @nn.compact
    def __call__(self, features: SparseFeatures) -> jax.Array:
        rows = self.param("kernel", nn.initializers.zeros_init(), (features.size, self.outputs))
        return jnp.asarray(rows)[features.indices].sum(-2)


def linear(features: Features, outputs: int, *, name: str) -> jax.Array:
    """Apply a linear layer to dense or sparse features; called inside a Flax module.

    Dense features get a kernel (LeCun normal) and a bias; sparse ones a table of zeros.
    """
    if isinstance(features, SparseFeatures):
        return _SparseLinear(outputs, name=name)(features)
    return nn.Dense(outputs, name=name)(features)
