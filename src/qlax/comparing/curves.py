"""Curves of several seeds on a common grid, and their middle with a band.

Seeds report at places of their own: other intervals, evaluations between, runs that stopped early.
Each is brought onto a grid within what it covers, and nothing is made up beyond its end.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from qlax.comparing.statistics import iqm, mean, stratified_bootstrap
from qlax.errors import require

Middle = Literal["iqm", "mean", "median"]
Band = Literal["interval", "std", "range", "none"]
GRID = 200
"""Places at most that a curve is drawn at."""
_RESAMPLES = 1_000
_Series = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Curve:
    """The curve of some seeds."""

    x: np.ndarray
    """Places along the axis, ascending."""
    middle: np.ndarray
    """Mean, median or interquartile mean of the seeds that have got there."""
    low: np.ndarray
    """Where the band begins; NaN where not all seeds have data, or there is one seed only."""
    high: np.ndarray
    """Where it ends."""
    count: np.ndarray
    """How many seeds have data at each place."""
    seeds: int
    """How many there are."""

    @property
    def is_whole(self) -> np.ndarray:
        """At which places all seeds have data."""
        whole: np.ndarray = self.count == self.seeds
        return whole


def curve_of(
    series: Sequence[_Series], *, middle: Middle = "iqm", band: Band = "interval"
) -> Curve:
    """Return the curve of several seeds.

    Args:
        series: Places and values of each seed, places ascending.
        middle: What is drawn: the interquartile mean, the mean or the median over seeds.
        band: What is shown around it: the 95 % bootstrap interval of the middle, one standard
            deviation, everything from the worst to the best seed, or nothing.

    Raises:
        UsageError: if `middle` or `band` is none of those.
    """
    require(middle in get_args(Middle), "middle", middle, f"one of {', '.join(get_args(Middle))}")
    require(band in get_args(Band), "band", band, f"one of {', '.join(get_args(Band))}")
    series = [(x, y) for x, y in series if len(x)]
    grid = common_grid(series)
    values = np.stack([on_grid(x, y, grid) for x, y in series]) if series else np.empty((0, 0))
    seen = np.isfinite(values)
    count = seen.sum(axis=0)
    whole = count == len(values)
    low, high = np.full((2, len(grid)), np.nan)
    if len(values) > 1 and whole.any() and band != "none":
        low[whole], high[whole] = _around(values[:, whole], middle, band)
    return Curve(grid, _middle(values, middle), low, high, count, len(values))


def common_grid(series: Sequence[_Series]) -> np.ndarray:
    """Return the places to draw at: the seeds' own where they agree, else evenly spaced ones."""
    if not series:
        return np.empty(0)
    first = series[0][0]
    if len(first) <= GRID and all(np.array_equal(x, first) for x, _ in series):
        return first
    start, end = min(x[0] for x, _ in series), max(x[-1] for x, _ in series)
    places = min(GRID, max(len(x) for x, _ in series))
    # The ends of single seeds are places too: else the last of each would be cut off.
    ends = [end for x, _ in series for end in (x[0], x[-1])]
    return np.unique(np.concatenate([np.linspace(start, end, places), ends]))


def on_grid(x: np.ndarray, y: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Return the values of one seed at the places of a grid, NaN beyond its first and last.

    Where it has several values between two places, as one that logs every episode has, a place gets
    the mean of those nearest to it: picking one of them would draw noise. Where it has none, values
    are interpolated between its neighbours.
    """
    inside = (grid >= x[0]) & (grid <= x[-1])
    if len(grid) > 1 and len(x) > 2 * inside.sum():
        edges = (grid[1:] + grid[:-1]) / 2
        cell = np.searchsorted(edges, x)
        number = np.bincount(cell, minlength=len(grid))
        some = number > 0
        means = np.bincount(cell, weights=y, minlength=len(grid))[some] / number[some]
        x, y = grid[some], means
    return np.where(inside, np.interp(grid, x, y), np.nan)


def _middle(values: np.ndarray, middle: Middle) -> np.ndarray:
    """Return the middle of the seeds that have data at each place, `[P]`."""
    result = np.full(values.shape[1], np.nan)
    estimate = _ESTIMATES[middle]
    counts = np.isfinite(values).sum(axis=0)
    for count in np.unique(counts[counts > 0]):  # places with equally many seeds at once
        places = counts == count
        some = np.sort(values[:, places], axis=0)[:count]  # NaN is sorted to the end
        result[places] = estimate(some.T[..., None])
    return result


def _around(values: np.ndarray, middle: Middle, band: Band) -> np.ndarray:
    """Return where the band begins and ends, `[2, P]`, for seeds that all have data."""
    if band == "range":
        return np.stack([values.min(axis=0), values.max(axis=0)])
    if band == "std":
        centre, spread = _ESTIMATES[middle](values.T[..., None]), values.std(axis=0, ddof=1)
        return np.stack([centre - spread, centre + spread])
    estimate = _ESTIMATES[middle]
    # Whole seeds are drawn again, at all places together.
    interval = stratified_bootstrap(
        np.arange(len(values)),
        lambda chosen: estimate(values[chosen[..., 0].astype(int)].swapaxes(1, 2)[..., None]),
        resamples=_RESAMPLES,
    )
    return np.stack(interval)


_ESTIMATES: dict[Middle, Callable[[np.ndarray], np.ndarray]] = {
    "iqm": iqm,
    "mean": mean,
    "median": lambda scores: np.median(scores[..., 0], axis=-1),
}
