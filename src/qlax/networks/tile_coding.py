"""Tile coding: several offset grids over the observation, one active tile in each."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.errors import UsageError, require
from qlax.features import SparseFeatures
from qlax.networks.grid import box_limits, cell_coordinates, require_few
from qlax.numbering import arrays_of, entries_of, flat_index
from qlax.spaces import Box, Discrete, Space
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class TileCoding:
    """Q(s, a) = Σ_k w[k, tile_k(s), a] over k = 1 … tilings: linear, fine-grained and general.

    Tiling k is a grid of `tiles` cells an entry, shifted by k · (1, 3, 5, …) / tilings of a cell,
    the asymmetric displacements that spread best. With SGD at rate η on one transition the
    effective step is η · tilings, so η is usually a fraction of 1 / tilings; on a batch, whose loss
    is a mean, a fraction of batch_size / tilings. Beside numbers, a Dict or Tuple may hold states:
    each combination of them has grids of its own.

    Reference: Sutton and Barto (2018), Reinforcement Learning, section 9.5.4.
    """

    tilings: int = 8
    """Number of grids; at least 1."""
    tiles: int = 8
    """Cells of each grid along each entry of the observation; at least 1."""
    low: tuple[float, ...] | None = None
    """Where the grids begin, each entry as the network sees it; None for the space's limits."""
    high: tuple[float, ...] | None = None
    """Where they end, each entry as the network sees it; None for the space's limits."""

    @property
    def learns_features(self) -> bool:
        """No: they are given, and what environments ask of deep agents is not for a table."""
        return False

    def __post_init__(self) -> None:
        check_types(self)
        require(self.tilings >= 1, "TileCoding.tilings", self.tilings, "at least 1")
        require(self.tiles >= 1, "TileCoding.tiles", self.tiles, "at least 1")

    def __call__(self, observation: Any, space: Space) -> SparseFeatures:
        """Return the active tile of every tiling.

        Raises:
            UsageError: if there is nothing to lay tiles over: only numbers of states.
        """
        spaces, arrays = entries_of(space), arrays_of(observation, space)
        boxes = [inner for inner in spaces if isinstance(inner, Box)]
        if not boxes:
            raise UsageError(
                f"TileCoding lays tiles over the numbers of a Box, but the observation is {space}: "
                "take Table."
            )
        low, high = box_limits(boxes, self.low, self.high, "TileCoding")
        # A shifted grid needs one cell more to cover the box; states have a cell each.
        along = np.full(len(low), self.tiles + 1, np.int32)
        states = [inner.n for inner in spaces if isinstance(inner, Discrete)]
        cells = np.concatenate([np.asarray(states, np.int32), along])
        tiles_in_all = require_few(cells.tolist(), self.tilings, "TileCoding")
        displacement = np.arange(1, 2 * len(low), 2)
        shifts = (np.arange(self.tilings)[:, None] * displacement % self.tilings) / self.tilings
        numbers = jnp.concatenate(_of(Box, spaces, arrays), -1)
        coordinates = cell_coordinates(numbers, low, high, along - 1)
        tiles = jnp.floor(coordinates[:, None, :] + shifts).astype(jnp.int32)
        tiles = jnp.minimum(tiles, along - 1)
        if states:
            numbered = jnp.concatenate(_of(Discrete, spaces, arrays), -1).astype(jnp.int32)
            repeated = jnp.broadcast_to(numbered[:, None, :], (*tiles.shape[:2], len(states)))
            tiles = jnp.concatenate([repeated, tiles], -1)
        offsets = np.arange(self.tilings, dtype=np.int32) * (tiles_in_all // self.tilings)
        return SparseFeatures(flat_index(tiles, cells) + offsets, tiles_in_all)


def _of(kind: type, spaces: list[Any], arrays: list[jax.Array]) -> list[jax.Array]:
    """Return the arrays whose space is of a kind."""
    return [array for inner, array in zip(spaces, arrays, strict=True) if isinstance(inner, kind)]
