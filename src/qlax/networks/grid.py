"""Cutting a box into cells: shared by tables and tile codings."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from qlax.errors import UsageError
from qlax.spaces import Box, Space


def box_limits(
    space: Space, low: tuple[float, ...] | None, high: tuple[float, ...] | None, part: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the finite limits of every observation entry, float32, shape [D].

    Args:
        space: The observation space.
        low: Limits that override the space's, or None.
        high: Likewise.
        part: The name of the asking part, for messages.

    Raises:
        UsageError: if a limit is infinite, or there are too few or too many.
    """
    if not isinstance(space, Box):
        raise UsageError(f"{part} needs a Box observation, not {space}.")
    entries = math.prod(space.shape)
    limits = []
    for name, given in (("low", low), ("high", high)):
        if given is not None and len(given) != entries:
            raise UsageError(
                f"{part}.{name} has {len(given)} entries, but the observation has {entries}."
            )
        own = np.broadcast_to(np.asarray(getattr(space, name), np.float32), space.shape).ravel()
        limits.append(own if given is None else np.asarray(given, np.float32))
    if not all(np.isfinite(limit).all() and (np.abs(limit) < 1e9).all() for limit in limits):
        raise UsageError(
            f"{part} needs finite limits, but the observation space is unbounded: "
            f"give {part}(low=…, high=…) with {entries} numbers each."
        )
    if not (limits[0] < limits[1]).all():
        raise UsageError(f"{part}.low must be below {part}.high in every entry.")
    return limits[0], limits[1]


def cell_coordinates(
    observation: jax.Array, low: np.ndarray, high: np.ndarray, cells: np.ndarray
) -> jax.Array:
    """Return which cell each entry falls in, as a real number in [0, cells]: shape [B, D]."""
    flat = observation.reshape((observation.shape[0], -1)).astype(jnp.float32)
    return jnp.clip((flat - low) / (high - low), 0.0, 1.0) * cells


def require_few(cells: list[int], grids: int, part: str) -> int:
    """Return how many cells grids have together, or refuse more than can be numbered."""
    count = math.prod(cells) * grids
    if count >= 2**31:
        raise UsageError(
            f"{part} would cut an observation of {len(cells)} entries into about "
            f"10^{len(str(count)) - 1} cells, more than can be told apart: take a network that "
            "generalises, such as MLP, or far fewer cells."
        )
    return count


def flat_index(coordinates: jax.Array, cells: np.ndarray) -> jax.Array:
    """Return the row-major index of integer cell coordinates, shape [..., D] → [...]."""
    strides = np.concatenate([np.cumprod(cells[::-1])[-2::-1], [1]]).astype(np.int32)
    return (coordinates * strides).sum(-1)
