"""The states of a finite space, numbered: what tables and models count.

A product of finite spaces (Dict, Tuple, MultiDiscrete, MultiBinary, boxes of whole numbers, nested)
has as many states as its factors' sizes multiplied; they are numbered row by row, the last entry
fastest.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.spaces import Box, Composite, Discrete, Space

FINITE = "Discrete, MultiDiscrete, MultiBinary, a Box of whole numbers, or a Dict or Tuple of these"
"""Which spaces are finite, in words."""


def entries_of(space: Space) -> list[Discrete | Box]:
    """Return the spaces of all arrays of an observation, in order."""
    if isinstance(space, Composite):
        return [found for _, inner in space.entries for found in entries_of(inner)]
    return [space]


def arrays_of(observation: Any, space: Space) -> list[jax.Array]:
    """Return the arrays of a batch of observations in the same order, each [B, entries]."""
    if isinstance(space, Composite):
        return [
            array for name, inner in space.entries for array in arrays_of(observation[name], inner)
        ]
    return [observation.reshape((observation.shape[0], -1))]


def is_whole(space: Discrete | Box) -> bool:
    """Return whether an array holds states or whole numbers."""
    return isinstance(space, Discrete) or np.dtype(space.dtype).kind in "biu"


def limits_of(space: Box) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and highest value of each entry, float64, shape [D]."""
    entries = int(np.prod(space.shape, dtype=int))
    low, high = (
        np.broadcast_to(np.asarray(limit, np.float64).reshape(-1), (entries,))
        for limit in (space.low, space.high)
    )
    return low, high


def sizes_of(space: Space) -> list[int] | None:
    """Return how many values each entry of an observation has; None if the space is not finite."""
    sizes: list[int] = []
    for entry in entries_of(space):
        if not is_whole(entry):
            return None
        if isinstance(entry, Discrete):
            sizes.append(entry.n)
        else:
            low, high = limits_of(entry)
            sizes += [int(most) - int(least) + 1 for least, most in zip(low, high, strict=True)]
    return sizes


def number_of(observation: Any, space: Space) -> jax.Array:
    """Return the numbers of a batch of observations of a finite space, int32, shape [B]."""
    if isinstance(space, Discrete):
        number: jax.Array = observation.astype(jnp.int32)
        return number
    columns = [
        array.astype(jnp.int32) - _least(entry)
        for array, entry in zip(arrays_of(observation, space), entries_of(space), strict=True)
    ]
    return flat_index(jnp.concatenate(columns, -1), np.asarray(sizes_of(space)))


def observation_of(number: jax.Array, space: Space) -> Any:
    """Return the observations with these numbers, int32 of shape [B]: `number_of` turned round."""
    if isinstance(space, Discrete):
        return number
    sizes = sizes_of(space)
    assert sizes is not None
    coordinates = (number[:, None] // strides_of(np.asarray(sizes))) % np.asarray(sizes)
    return _filled(coordinates, space, 0)[0]


def flat_index(coordinates: jax.Array, cells: np.ndarray) -> jax.Array:
    """Return the row-major index of integer cell coordinates, shape [..., D] → [...]."""
    return (coordinates * strides_of(cells)).sum(-1)


def strides_of(cells: np.ndarray) -> np.ndarray:
    """Return how many cells lie between neighbours along each axis, int32, shape [D]."""
    return np.concatenate([np.cumprod(cells[::-1])[-2::-1], [1]]).astype(np.int32)


def _least(entry: Discrete | Box) -> Any:
    return 0 if isinstance(entry, Discrete) else limits_of(entry)[0].astype(np.int32)


def _filled(coordinates: jax.Array, space: Space, at: int) -> tuple[Any, int]:
    """Return observations from columns of coordinates, and the first column that is left."""
    if isinstance(space, Composite):
        observation = {}
        for name, inner in space.entries:
            observation[name], at = _filled(coordinates, inner, at)
        return observation, at
    if isinstance(space, Discrete):
        return coordinates[:, at].astype(jnp.int32), at + 1
    until = at + int(np.prod(space.shape, dtype=int))
    values = (coordinates[:, at:until] + _least(space)).astype(space.dtype)
    return values.reshape((-1, *space.shape)), until
