"""Tile coding: several offset grids over the observation, one active tile in each."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from qlax.errors import require
from qlax.features import SparseFeatures
from qlax.networks.grid import box_limits, cell_coordinates, flat_index, require_few
from qlax.spaces import Space
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class TileCoding:
    """Q(s, a) = Σ_k w[k, tile_k(s), a] over k = 1 … tilings: linear, yet fine and general.

    Tiling k is a grid of `tiles` cells an entry, shifted by k · (1, 3, 5, …) / tilings of a cell,
    the asymmetric displacements that spread best. With SGD at rate η on one transition the
    effective step is η · tilings, so η is usually a fraction of 1 / tilings; on a batch, whose loss
    is a mean, a fraction of batch_size / tilings.

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

    def __call__(self, observation: jax.Array, space: Space) -> SparseFeatures:
        """Return the active tile of every tiling."""
        low, high = box_limits(space, self.low, self.high, "TileCoding")
        entries = len(low)
        # A shifted grid needs one cell more to cover the box.
        cells = np.full(entries, self.tiles + 1, np.int32)
        tiles_in_all = require_few(cells.tolist(), self.tilings, "TileCoding")
        displacement = np.arange(1, 2 * entries, 2)
        shifts = (np.arange(self.tilings)[:, None] * displacement % self.tilings) / self.tilings
        coordinates = cell_coordinates(observation, low, high, cells - 1)
        tiles = jnp.floor(coordinates[:, None, :] + shifts).astype(jnp.int32)
        tiles_in_grid = tiles_in_all // self.tilings
        offsets = np.arange(self.tilings, dtype=np.int32) * tiles_in_grid
        indices = flat_index(jnp.minimum(tiles, cells - 1), cells) + offsets
        return SparseFeatures(indices, tiles_in_all)
