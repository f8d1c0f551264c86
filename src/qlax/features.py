"""What a network hands to a head: a dense vector, or the few active entries of a long one."""

import jax

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

SPARSE_WIDTH = 64
"""Width of the vectors that stand for sparse features where dense ones are needed."""
