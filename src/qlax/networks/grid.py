"""Cutting a box into cells: shared by tables and tile codings."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from qlax.errors import UsageError
from qlax.numbering import limits_of
from qlax.spaces import Box


def box_limits(
    spaces: list[Box],
    low: tuple[float, ...] | None,
    high: tuple[float, ...] | None,
    part: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the finite limits of every entry of all boxes, float32, shape [D].

    Args:
        spaces: The boxes among an observation's spaces, in order.
        low: Limits that override the spaces', or None.
        high: Likewise.
        part: The name of the asking part, for messages.

    Raises:
        UsageError: if a limit is infinite, or there are too few or too many.
    """
    own = [limits_of(space) for space in spaces]
    entries = sum(len(lowest) for lowest, _ in own)
    limits = []
    for name, at, given in (("low", 0, low), ("high", 1, high)):
        if given is not None and len(given) != entries:
            raise UsageError(
                f"{part}.{name} has {len(given)} entries, but the observation has {entries}."
            )
        found = [pair[at].astype(np.float32) for pair in own] if given is None else [given]
        limits.append(np.concatenate([np.zeros(0), *found]).astype(np.float32))
    if not all(np.isfinite(limit).all() and (np.abs(limit) < 1e9).all() for limit in limits):
        raise UsageError(
            f"{part} needs finite limits, but the observation space is unbounded: "
            f"give {part}(low=…, high=…) with {entries} numbers each."
        )
    given_any = low is not None or high is not None
    if not (limits[0] < limits[1] if given_any else limits[0] <= limits[1]).all():
        raise UsageError(f"{part}.low must be below {part}.high in every entry.")
    return limits[0], limits[1]


def cell_coordinates(
    observation: jax.Array, low: np.ndarray, high: np.ndarray, cells: np.ndarray
) -> jax.Array:
    """Return which cell each entry falls in, as a real number in [0, cells]: shape [B, D]."""
    flat = observation.reshape((observation.shape[0], -1)).astype(jnp.float32)
    span = np.where(high > low, high - low, 1.0).astype(np.float32)  # a single value is one cell
    return jnp.clip((flat - low) / span, 0.0, 1.0) * cells


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
