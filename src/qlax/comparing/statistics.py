"""Statistics of a few seeds: what is likely, and how sure one can be.

Scores are an array `[..., R, T]`: R runs (seeds) of an agent on each of T tasks, after any axes of
a batch, such as that of resamples. With few runs, the mean is at the mercy of one bad seed and the
median throws most seeds away; the interquartile mean is between them, and its interval says what
other seeds might have given.

Reference: Agarwal, Schwarzer, Castro, Courville & Bellemare, "Deep Reinforcement Learning at the
Edge of the Statistical Precipice", NeurIPS 2021, arXiv:2108.13264.
"""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

Statistic = Callable[[np.ndarray], np.ndarray]
"""From scores `[..., R, T]` to a value `[...]`, or several `[..., K]`."""
RESAMPLES = 5_000
"""How often scores are drawn again, by default."""
_MOST_AT_ONCE = 4_000_000


class Interval(NamedTuple):
    """An interval of confidence; arrays where the statistic has several values."""

    low: np.ndarray
    high: np.ndarray


def mean(scores: ArrayLike) -> np.ndarray:
    """Return the mean over runs and tasks, `[...]`."""
    averages: np.ndarray = np.mean(_scores(scores), axis=(-2, -1))
    return averages


def median(scores: ArrayLike) -> np.ndarray:
    """Return the median over tasks of the mean over runs, `[...]`."""
    return np.median(np.mean(_scores(scores), axis=-2), axis=-1)


def iqm(scores: ArrayLike) -> np.ndarray:
    """Return the interquartile mean over all runs of all tasks, `[...]`.

    Of the n = R·T scores in order, x₁ ≤ … ≤ xₙ, it leaves out k = ⌊n/4⌋ at either end:

        IQM = 1/(n − 2k) · Σ_{k < i ≤ n−k} xᵢ

    Fewer than four scores have none to leave out: it is their mean.
    """
    array = _scores(scores)
    flat = np.sort(array.reshape(*array.shape[:-2], -1), axis=-1)
    cut = flat.shape[-1] // 4
    middle: np.ndarray = np.mean(flat[..., cut : flat.shape[-1] - cut], axis=-1)
    return middle


def optimality_gap(scores: ArrayLike, target: float = 1.0) -> np.ndarray:
    """Return how far runs stay below a score that would be good enough, `[...]`.

    gap = target − mean(min(x, target))
    """
    gap: np.ndarray = target - mean(np.minimum(_scores(scores), target))
    return gap


def probability_of_improvement(scores: ArrayLike, others: ArrayLike) -> np.ndarray:
    """Return the probability that a run of X scores more than one of Y, mean over tasks, `[...]`.

        P(X > Y) = 1/T · Σ_t 1/(R·S) · Σ_{i,j} [ 1(xᵢₜ > yⱼₜ) + ½ · 1(xᵢₜ = yⱼₜ) ]

    which is the statistic of Mann and Whitney, scaled to 0 … 1.

    Args:
        scores: X, `[..., R, T]`.
        others: Y, `[..., S, T]`: the same tasks, perhaps another number of runs.
    """
    x, y = _scores(scores), _scores(others)
    above = np.mean(x[..., :, None, :] > y[..., None, :, :], axis=(-3, -2))
    equal = np.mean(x[..., :, None, :] == y[..., None, :, :], axis=(-3, -2))
    probability: np.ndarray = np.mean(above + 0.5 * equal, axis=-1)
    return probability


def performance_profile(scores: ArrayLike, thresholds: ArrayLike) -> np.ndarray:
    """Return which fraction of the runs of all tasks score above each threshold, `[..., K]`.

    F(τ) = 1/(R·T) · Σ_{i,t} 1(xᵢₜ > τ)
    """
    array = _scores(scores)
    flat = array.reshape(*array.shape[:-2], -1)
    taus = np.asarray(thresholds, np.float64)
    fraction: np.ndarray = np.mean(flat[..., None, :] > taus[:, None], axis=-1)
    return fraction


def stratified_bootstrap(
    scores: ArrayLike,
    statistic: Statistic = iqm,
    *,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return the percentile interval of a statistic over resampled runs.

    Runs are drawn again with replacement, for each task on its own (the strata), R of them; the
    interval holds the middle of the statistics of all such draws. Of a single run there is nothing
    to draw: the interval is NaN.

    Args:
        scores: `[R, T]`.
        statistic: What is estimated.
        resamples: How many draws.
        confidence: The fraction of draws inside.
        seed: Of the draws; the same seed gives the same interval.
    """
    array = _scores(scores)
    values = _resampled((array,), lambda drawn: statistic(drawn[0]), resamples, seed)
    return _percentiles(values, confidence, single=len(array) < 2)


def improvement_interval(
    scores: ArrayLike,
    others: ArrayLike,
    *,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return the stratified bootstrap interval of `probability_of_improvement`.

    The runs of both are drawn again, independently. It is NaN if either has a single run.
    """
    x, y = _scores(scores), _scores(others)
    values = _resampled((x, y), lambda drawn: probability_of_improvement(*drawn), resamples, seed)
    return _percentiles(values, confidence, single=min(len(x), len(y)) < 2)


def permutation_test(
    scores: ArrayLike, others: ArrayLike, *, permutations: int = 20_000, seed: int = 0
) -> float:
    """Return how likely runs that differ by luck alone would look so different: a p-value.

    If X and Y are the same, it is chance which runs are called X. So within each task the runs are
    dealt again, and

        p = (1 + #{ |P' − ½| ≥ |P − ½| }) / (1 + permutations)

    with P the probability of improvement and P′ that of the dealt runs. Unlike an interval from the
    bootstrap it stays right with very few runs: of two against two it is never below 1/3.
    """
    x, y = _scores(scores), _scores(others)
    both = np.concatenate([x, y])
    random = np.random.default_rng(seed)
    found = abs(float(probability_of_improvement(x, y)) - 0.5)
    as_extreme = 0
    for count in _portions(permutations, len(x) * len(y) * both.shape[1]):
        dealt = np.argsort(random.random((count, *both.shape)), axis=1)
        mixed = np.take_along_axis(both[None], dealt, axis=1)
        gaps = np.abs(probability_of_improvement(mixed[:, : len(x)], mixed[:, len(x) :]) - 0.5)
        as_extreme += int(np.sum(gaps >= found - 1e-12))
    return (1 + as_extreme) / (1 + permutations)


def runs_needed(probability: float, tasks: int = 1, *, power: float = 0.8) -> float:
    """Return how many runs of each agent would tell them apart, at a given true probability.

    Noether's approximation for the test of Mann and Whitney at a level of 5 %,

        R = (z₀.₉₇₅ + z_power)² / (6 · T · (P − ½)²)

    and at least four, below which no outcome on a single task is significant. Infinite for P = ½.

    Reference: Noether, "Sample Size Determination for Some Common Nonparametric Tests", Journal of
    the American Statistical Association 82, 1987.
    """
    gap = abs(probability - 0.5)
    if gap < 1e-9:
        return math.inf
    z = NormalDist().inv_cdf
    return max(4.0, math.ceil((z(0.975) + z(power)) ** 2 / (6.0 * tasks * gap**2)))


def holm(p_values: ArrayLike) -> np.ndarray:
    """Return p-values adjusted for being several, after Holm: the smallest of k counts k times.

    Reference: Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal
    of Statistics 6, 1979.
    """
    values = np.asarray(p_values, np.float64)
    order = np.argsort(values)
    times = np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(times * values[order]))
    return adjusted


def _scores(scores: ArrayLike) -> np.ndarray:
    """Return scores as an array `[..., R, T]` of float64; one of a single axis is one task's."""
    array = np.asarray(scores, np.float64)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim < 2 or 0 in array.shape[-2:]:
        raise ValueError(f"scores have shape {array.shape}, but must be runs × tasks, none empty")
    return array


def _resampled(
    groups: tuple[np.ndarray, ...],
    statistic: Callable[[list[np.ndarray]], np.ndarray],
    resamples: int,
    seed: int,
) -> np.ndarray:
    """Return a statistic of runs drawn again, each task on its own, `[resamples, …]`."""
    random = np.random.default_rng(seed)
    size = math.prod(map(len, groups)) * groups[0].shape[1]
    values = []
    for count in _portions(resamples, max(size, sum(group.size for group in groups))):
        drawn = []
        for group in groups:
            chosen = random.integers(len(group), size=(count, *group.shape))
            drawn.append(np.take_along_axis(group[None], chosen, axis=1))
        values.append(statistic(drawn))
    return np.concatenate(values)


def _portions(total: int, size: int) -> list[int]:
    """Return how many draws of a size are made at once, so that they fit into memory."""
    most = max(1, _MOST_AT_ONCE // max(size, 1))
    return [min(most, total - begun) for begun in range(0, total, most)]


def _percentiles(values: np.ndarray, confidence: float, *, single: bool) -> Interval:
    outside = 50.0 * (1.0 - confidence)
    low, high = np.percentile(values, [outside, 100.0 - outside], axis=0)
    return Interval(low * np.nan, high * np.nan) if single else Interval(low, high)
