"""The Q-table: one row per state, with boxes cut into bins."""

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from qlax.errors import require
from qlax.features import SparseFeatures
from qlax.networks.grid import box_limits, cell_coordinates, require_few
from qlax.numbering import arrays_of, entries_of, flat_index, is_whole, limits_of
from qlax.spaces import Box, Discrete, Space
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class Table:
    """φ(s) is one-hot, so every Q(s, a) is an entry of its own, 0 at first.

    With SGD at learning rate η, the update of the loss ½ δ² is the textbook's
    Q[s, a] ← Q[s, a] + η (r + γ max_a Q[s′, a] − Q[s, a]).

    A Discrete observation is its own row, and so is every combination of Discrete, MultiDiscrete
    and MultiBinary entries, in a Dict or Tuple say. Real numbers are cut into equal bins.
    """

    bins: tuple[int, ...] | None = None
    """Bins of each entry of a Box; `(40,)` means 40 for every one. None: 40 for real numbers, and a
    row for each value of whole numbers, up to 1,000 of them."""
    low: tuple[float, ...] | None = None
    """Where each entry's first bin begins, as the network sees it; None for the space's limit."""
    high: tuple[float, ...] | None = None
    """Where each entry's last bin ends, as the network sees it; None for the space's limit."""

    @property
    def learns_features(self) -> bool:
        """No: they are given, and what environments ask of deep agents is not for a table."""
        return False

    def __post_init__(self) -> None:
        check_types(self)
        require(
            self.bins is None or (len(self.bins) >= 1 and all(count >= 1 for count in self.bins)),
            "Table.bins",
            self.bins,
            "a tuple of positive counts, or None",
        )

    def __call__(self, observation: Any, space: Space) -> SparseFeatures:
        """Return the one active row of every observation."""
        if isinstance(space, Discrete):
            return SparseFeatures(observation.astype(jnp.int32).reshape(-1, 1), space.n)
        spaces, arrays = entries_of(space), arrays_of(observation, space)
        boxes = [inner for inner in spaces if isinstance(inner, Box)]
        low, high = box_limits(boxes, self.low, self.high, "Table")
        cells, columns, at = [], [], 0
        whole, bins = self._bins(boxes)
        for inner, array in zip(spaces, arrays, strict=True):
            if isinstance(inner, Discrete):
                cells.append(np.array([inner.n]))
                columns.append(array.astype(jnp.int32))
                continue
            own = slice(at, at + array.shape[-1])
            at = own.stop
            cut = cell_coordinates(array, low[own], high[own], bins[own]).astype(jnp.int32)
            counted = array.astype(jnp.int32) - low[own].astype(np.int32)
            found = jnp.where(whole[own], counted, cut)
            columns.append(jnp.clip(found, 0, bins[own] - 1))
            cells.append(bins[own])
        rows = np.concatenate(cells)
        rows_in_all = require_few(rows.tolist(), 1, "Table")
        return SparseFeatures(flat_index(jnp.concatenate(columns, -1), rows)[:, None], rows_in_all)

    def _bins(self, boxes: list[Box]) -> tuple[np.ndarray, np.ndarray]:
        """Return which entries of boxes have a row for each value, and how many rows each has."""
        values = []
        for inner in boxes:
            lowest, highest = limits_of(inner)
            counted = is_whole(inner) and self.low is None and self.high is None
            values.append(np.where(counted, highest - lowest + 1, np.inf))
        sizes = np.concatenate([np.zeros(0), *values])
        if self.bins is None:
            asked, most = np.full(len(sizes), _BINS), np.full(len(sizes), _MOST_VALUES)
        else:
            asked = most = _per_entry(self.bins, len(sizes), "Table.bins")
        whole = sizes <= most
        return whole, np.where(whole, np.where(whole, sizes, 1), asked).astype(np.int32)


_BINS = 40
_MOST_VALUES = 1_000


def _per_entry(counts: tuple[int, ...], entries: int, field: str) -> np.ndarray:
    require(
        len(counts) in (1, entries), field, counts, f"one count, or {entries}: one for each entry"
    )
    return np.broadcast_to(np.asarray(counts, np.int32), (entries,))
