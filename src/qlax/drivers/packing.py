"""A state in a few buffers instead of many: what it costs to call a program is paid per buffer.

Calling a compiled program takes about 1 µs for every array it is given and returns, more than
most of a small agent's sixty arrays take to compute. Between two calls a state is therefore kept
as one vector for each dtype, with only the large arrays (the replay) by themselves.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

_LARGE = 16_384
"""Bytes from which an array is worth a buffer of its own: copying it would cost more."""


class Packed(NamedTuple):
    """A tree of arrays, in few."""

    vectors: dict[str, jax.Array]
    """All small arrays of a dtype, end to end, by the dtype's name."""
    large: list[jax.Array]
    """The others, in the tree's order."""


class Packing:
    """The way from a tree to few buffers and back, for trees of the shapes of `like`."""

    def __init__(self, like: Any) -> None:
        leaves, self._structure = jax.tree.flatten(jax.eval_shape(_without_keys, like))
        self._leaves = leaves
        self._is_key = [
            jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) for leaf in jax.tree.leaves(like)
        ]

    def pack(self, tree: Any) -> Packed:
        """Return the tree as few buffers; to be compiled."""
        parts: dict[str, list[jax.Array]] = {}
        large = []
        for leaf in jax.tree.leaves(_without_keys(tree)):
            if _is_large(leaf):
                large.append(leaf)
            else:
                parts.setdefault(leaf.dtype.name, []).append(leaf.reshape(-1))
        return Packed({name: jnp.concatenate(some) for name, some in parts.items()}, large)

    def unpack(self, packed: Packed) -> Any:
        """Return the tree again; to be compiled."""
        taken = dict.fromkeys(packed.vectors, 0)
        large = iter(packed.large)
        leaves = []
        for leaf, is_key in zip(self._leaves, self._is_key, strict=True):
            if _is_large(leaf):
                found = next(large)
            else:
                name, start = leaf.dtype.name, taken[leaf.dtype.name]
                taken[name] = start + leaf.size
                found = packed.vectors[name][start : start + leaf.size].reshape(leaf.shape)
            leaves.append(jax.random.wrap_key_data(found) if is_key else found)
        return jax.tree.unflatten(self._structure, leaves)


def _is_large(leaf: Any) -> bool:
    return bool(leaf.size * leaf.dtype.itemsize >= _LARGE)


def _without_keys(tree: Any) -> Any:
    """Return the tree with random keys as their bits."""
    return jax.tree.map(
        lambda leaf: (
            jax.random.key_data(leaf) if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) else leaf
        ),
        tree,
    )
