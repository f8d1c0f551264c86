"""What the numbers say, in a sentence, and when they cannot say it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qlax.comparing import statistics
from qlax.comparing.statistics import Interval
from qlax.wording import counted, mean_of

LEVEL = 0.05
"""How often at most a difference is claimed where there is none."""
_FEWEST = 4
_MOST = 1_000


@dataclass(frozen=True)
class Pair:
    """Two agents beside each other."""

    agent: str
    """The one that is asked about, X."""
    other: str
    """The other, Y."""
    seeds: tuple[int, int]
    """How many runs of each, in each environment."""
    probability: float
    """P(X > Y): that a run of X scores more than one of Y."""
    interval: Interval
    """Its 95 % interval; NaN where either has one seed."""
    p_value: float
    """Of the permutation test, adjusted for all that X is compared with."""
    p_alone: float
    """The same as if X were compared with Y only."""
    tasks: int = 1
    """How many environments."""
    identical: bool = False
    """Whether all scores of both are one and the same number."""

    @property
    def is_certain(self) -> bool:
        """Whether the data can tell the two apart."""
        return self.p_value <= LEVEL

    @property
    def is_likely(self) -> bool:
        """Whether X would be better for certain, were there no other agents."""
        return self.p_alone <= LEVEL and self.probability > 0.5

    @property
    def is_single(self) -> bool:
        """Whether either has too few runs for anything to be said."""
        return min(self.seeds) < 2 and self.tasks == 1

    @property
    def seeds_needed(self) -> float:
        """About how many seeds of each would tell them apart, if the estimate is right."""
        more = max(self.seeds) + 1
        return max(more, statistics.runs_needed(self.probability, self.tasks))

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "agent": self.agent,
            "other": self.other,
            "probability_of_improvement": self.probability,
            "interval": plain_interval(self.interval),
            "p_value": self.p_value,
            "p_value_alone": self.p_alone,
            "certain": self.is_certain,
            "seeds_needed": None
            if self.is_certain or not math.isfinite(self.seeds_needed)
            else int(self.seeds_needed),
        }


def plain_interval(interval: Interval) -> list[float] | None:
    """Return an interval as two numbers; None where there is none."""
    ends = [float(end) for end in interval]
    return None if any(map(math.isnan, ends)) else ends


def pairs_with(
    agent: str, others: Sequence[str], scores: dict[str, np.ndarray], *, seed: int = 0
) -> list[Pair]:
    """Return one agent beside each of the others.

    Args:
        agent: The agent.
        others: The others.
        scores: `[R, T]` of every agent.
        seed: Of resampling and of dealing runs again.
    """
    x = scores[agent]
    tests = [statistics.permutation_test(x, scores[other], seed=seed) for other in others]
    adjusted = statistics.holm(tests)
    return [
        Pair(
            agent,
            other,
            (len(x), len(scores[other])),
            float(statistics.probability_of_improvement(x, scores[other])),
            statistics.improvement_interval(x, scores[other], seed=seed),
            float(p_value),
            alone,
            x.shape[1],
            bool((np.concatenate([x, scores[other]]) == x[0]).all()),
        )
        for other, p_value, alone in zip(others, adjusted, tests, strict=True)
    ]


def verdict(pairs: Sequence[Pair], where: str, scores: dict[str, np.ndarray]) -> str:
    """Return a sentence on how the first agent of some pairs does beside the others.

    Args:
        pairs: The agent with the largest score beside each other.
        where: ` on CartPole-v1`.
        scores: `[R, T]` of every agent.
    """
    if len(pairs) == 1:
        return _of_two(pairs[0], where, scores)
    best = pairs[0].agent
    better = [pair for pair in pairs if pair.is_certain and pair.probability > 0.5]
    likely = [pair for pair in pairs if pair not in better and pair.is_likely]
    rest = [pair for pair in pairs if pair not in better and pair not in likely]
    said = []
    if better:
        said.append(f"{best} is better than {_names(better)}{where}: {_range(better)}")
    if likely:
        subject = "it" if better else best
        said.append(
            f"{subject} is likely to be better than {_names(likely)}{'' if better else where}, but "
            f"with {len(pairs) + 1} agents compared that is not certain: {_range(likely)}; "
            f"{_would(likely)} make it so"
        )
    if rest:
        subject = "" if said else f"{best} has the largest score{where}, but "
        odds = _range(rest) if len(rest) > 1 else _odds(rest[0])
        said.append(f"{subject}the data cannot tell it from {_names(rest)}: {odds}; {_would(rest)}")
    return "; ".join(said) + "."


def _names(pairs: Sequence[Pair]) -> str:
    return listed([pair.other for pair in pairs])


def _range(pairs: Sequence[Pair]) -> str:
    """Return the probabilities of improvement of several pairs."""
    low, *_, high = sorted([pair.probability for pair in pairs] * 2)
    shown = f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"
    return f"probability of improvement {shown}"


def _of_two(pair: Pair, where: str, scores: dict[str, np.ndarray]) -> str:
    one, other = pair.agent, pair.other
    if pair.is_single:
        single = one if pair.seeds[0] < 2 else other
        return (
            f"{single} has one seed{where}, and from one seed nobody can tell whether {one} and "
            f"{other} differ; train {_FEWEST} of each or more (--seeds 5)."
        )
    if pair.identical:
        return f"{one} and {other} cannot be told apart{where}: every seed of both scores the same."
    odds = _odds(pair)
    if pair.is_certain and pair.probability > 0.5:
        return f"{one} is better than {other}{where}: {odds}{_middles(pair, scores)}."
    if pair.is_certain:
        return (
            f"{one} has the larger interquartile mean{where}, but a run of {other} is likely to "
            f"score more: {odds}."
        )
    seeds = _seeds(pair)
    return f"{seeds} cannot tell {one} and {other} apart{where}: {odds}; {_would([pair])}."


def _seeds(pair: Pair) -> str:
    """Return how many seeds there are: `5 seeds`, `5 and 3 seeds`."""
    one, other = pair.seeds
    return counted(one, "seed") if one == other else f"{one} and {counted(other, 'seed')}"


def _odds(pair: Pair) -> str:
    low, high = pair.interval
    said = f"probability of improvement {pair.probability:.2f}"
    if math.isnan(float(low)):
        return said
    return f"{said}, 95 % interval {low:.2f} to {high:.2f}"


def _middles(pair: Pair, scores: dict[str, np.ndarray]) -> str:
    """Return the interquartile means, where they are of one task."""
    if pair.tasks > 1:
        return ""
    one, other = (scores[agent] for agent in (pair.agent, pair.other))
    shown = [
        mean_of(float(statistics.iqm(array)), float(array.std()), len(array))
        for array in (one, other)
    ]
    return f"; interquartile mean {shown[0]} against {shown[1]}"


def _would(pairs: Sequence[Pair]) -> str:
    """Return how many seeds would tell agents apart."""
    needed = max(pair.seeds_needed for pair in pairs)
    if needed > _MOST:
        return f"not even {_MOST:,} seeds of each would be likely to"
    return f"about {needed:.0f} seeds of each would"


def listed(names: Sequence[str]) -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
