"""Whether an observation says all that matters, or what came before it says more."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence

import numpy as np

from qlax.envs.traits.half import Half, coarse

_SHUFFLES = 20
_LEAST_VISITS = 40
"""Visits of states that were met before, below which nothing is said."""
_LEAST_GAIN = 0.1
"""Share of what is uncertain that the past must tell to count."""


def past_tells(half: Half) -> float:
    """Return which share of what an observation leaves open the past of the episode tells, 0 to 1.

    What follows a pair of observation and action is its reward and the next observation. Of pairs
    that were met often, is what follows more certain once the observation before, or the first of
    the episode, is known as well? Pasts shuffled among the same pairs say how much of that is
    chance: they always seem to tell a little. Real numbers hardly ever come again, and of them
    nothing is said.

    Returns:
        1 − H(what follows | pair, past) / H(what follows | pair), of the past that tells more; 0 if
        shuffled pasts do as well.
    """
    pairs = list(zip(half.before, half.actions, strict=True))
    follows = list(zip(map(coarse, half.rewards), half.after, strict=True))
    often = {pair for pair, count in Counter(pairs).items() if count >= 4}
    kept = [step for step, pair in enumerate(pairs) if pair in often]
    if len(kept) < _LEAST_VISITS:
        return 0.0
    groups = [pairs[step] for step in kept]
    outcomes = [follows[step] for step in kept]
    open_ = _entropy(groups, outcomes)
    if open_ < 0.05:
        return 0.0
    rng = np.random.default_rng(0)
    best = 0.0
    for past in _pasts(half):
        own = [past[step] for step in kept]
        gain = _gain(groups, outcomes, own, open_)
        chance = [
            _gain(groups, outcomes, _shuffled(groups, own, rng), open_) for _ in range(_SHUFFLES)
        ]
        if gain > max(chance) + _LEAST_GAIN:
            best = max(best, gain)
    return best


def _pasts(half: Half) -> tuple[list[Hashable], list[Hashable]]:
    """Return for each step the observation before, and the first of its episode."""
    last: list[Hashable] = []
    first: list[Hashable] = []
    for step, begins in enumerate(half.begins):
        last.append(b"" if begins else half.before[step - 1])
        first.append(half.before[step] if begins else first[-1])
    return last, first


def _gain(
    groups: Sequence[Hashable], outcomes: Sequence[Hashable], past: Sequence[Hashable], open_: float
) -> float:
    known = list(zip(groups, past, strict=True))
    return 1.0 - _entropy(known, outcomes) / open_


def _entropy(groups: Sequence[Hashable], outcomes: Sequence[Hashable]) -> float:
    """Return H(outcome | group), in bits a step."""
    inside: dict[Hashable, Counter] = defaultdict(Counter)
    for group, outcome in zip(groups, outcomes, strict=True):
        inside[group][outcome] += 1
    bits = 0.0
    for counts in inside.values():
        number = np.array(list(counts.values()), np.float64)
        bits -= float((number * np.log2(number / number.sum())).sum())
    return bits / len(groups)


def _shuffled(
    groups: Sequence[Hashable], past: Sequence[Hashable], rng: np.random.Generator
) -> list[Hashable]:
    """Return pasts shuffled among the steps of each group."""
    places: dict[Hashable, list[int]] = defaultdict(list)
    for place, group in enumerate(groups):
        places[group].append(place)
    mixed = list(past)
    for own in places.values():
        for place, taken in zip(own, rng.permutation(own), strict=True):
            mixed[place] = past[taken]
    return mixed
