"""Choosing few combinations in which every two options meet that can meet at all."""

import itertools
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

Combination = tuple[int, ...]
Pair = tuple[int, int, int, int]
"""Slot, option, other slot, other option."""

_TRIES = 300
"""Random fillings of the other slots before two options count as not going together."""


class Covering(NamedTuple):
    """Which combinations to try."""

    combinations: list[Combination]
    """Together they hold every pair that fits."""
    impossible: set[Pair]
    """Pairs that no combination was found for."""


def pairs_of(combination: Combination) -> set[Pair]:
    """Return the pairs that a combination holds."""
    numbered = list(enumerate(combination))
    return {(*one, *other) for one, other in itertools.combinations(numbered, 2)}


def every_combination(counts: Sequence[int]) -> list[Combination]:
    """Return every choice of one option a slot, as indices."""
    return list(itertools.product(*map(range, counts)))


def all_pairs(counts: Sequence[int]) -> set[Pair]:
    """Return every pair of options of different slots."""
    return {
        (one, option, other, choice)
        for one, other in itertools.combinations(range(len(counts)), 2)
        for option in range(counts[one])
        for choice in range(counts[other])
    }


def every_pair(
    counts: Sequence[int], fits: Callable[[Combination], bool], seed: int = 0
) -> Covering:
    """Return combinations that fit, such that every two options that can meet do.

    Greedy: each combination is begun with a pair not met yet, its other slots filled at random
    many times over, and the filling kept that brings the most pairs not met yet.
    """
    rng = random.Random(seed)
    missing = all_pairs(counts)
    chosen: list[Combination] = []
    impossible: set[Pair] = set()
    while missing:
        pair = min(missing)
        found = _best_with(pair, counts, fits, missing, rng)
        if found is None:
            impossible.add(pair)
            missing.discard(pair)
        else:
            chosen.append(found)
            missing -= pairs_of(found)
    return Covering(chosen, impossible)


def _best_with(
    pair: Pair,
    counts: Sequence[int],
    fits: Callable[[Combination], bool],
    missing: set[Pair],
    rng: random.Random,
) -> Combination | None:
    """Return the best of many random combinations that hold a pair, or None if none fits."""
    one, option, other, choice = pair
    tries = []
    for attempt in range(_TRIES):
        filled = [rng.randrange(count) for count in counts]
        if attempt == 0:
            filled = [0] * len(counts)
        filled[one], filled[other] = option, choice
        tries.append(tuple(filled))
    tries.sort(key=lambda combination: len(pairs_of(combination) & missing), reverse=True)
    return next(filter(fits, tries), None)
