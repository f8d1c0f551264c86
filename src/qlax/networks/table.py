"""The Q-table: one row a state, boxes cut into bins."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from qlax.errors import require
from qlax.features import SparseFeatures
from qlax.networks.grid import box_limits, cell_coordinates, flat_index, require_few
from qlax.spaces import Discrete, Space
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class Table:
    """φ(s) is one-hot: Q(s, a) is an entry of its own, zero before anything is learned.

    With SGD at learning rate η, the update of the loss ½ δ² is the textbook's
    Q[s, a] ← Q[s, a] + η (r + γ max_a Q[s′, a] − Q[s, a]).

    A Discrete observation is its own row. Each entry of a Box observation is cut into equal bins.
    """

    bins: tuple[int, ...] = (40,)
    """Bins of each entry of a Box observation; `(40,)` means 40 for every entry."""
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
            len(self.bins) >= 1 and all(count >= 1 for count in self.bins),
            "Table.bins",
            self.bins,
            "a tuple of positive counts",
        )

    def __call__(self, observation: jax.Array, space: Space) -> SparseFeatures:
        """Return the one active row of every observation."""
        if isinstance(space, Discrete):
            return SparseFeatures(observation.astype(jnp.int32).reshape(-1, 1), space.n)
        low, high = box_limits(space, self.low, self.high, "Table")
        bins = _per_entry(self.bins, len(low), "Table.bins")
        rows_in_all = require_few(bins.tolist(), 1, "Table")
        inside = cell_coordinates(observation, low, high, bins).astype(jnp.int32)
        rows = flat_index(jnp.minimum(inside, bins - 1), bins)
        return SparseFeatures(rows[:, None], rows_in_all)


def _per_entry(counts: tuple[int, ...], entries: int, field: str) -> np.ndarray:
    require(
        len(counts) in (1, entries), field, counts, f"one count, or {entries}: one for each entry"
    )
    return np.broadcast_to(np.asarray(counts, np.int32), (entries,))
