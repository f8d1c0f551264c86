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


NOTHING = Covering([], set())


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
    counts: Sequence[int],
    fits: Callable[[Combination], bool],
    known: Covering = NOTHING,
    seed: int = 0,
) -> Covering:
    """Return combinations that fit, such that every two options that can meet do.

    What is known already is kept, and extended by what it lacks. Greedy: each combination is begun
    with a pair not met yet, its other slots filled at random many times over, and the filling kept
    that brings the most pairs not met yet.
    """
    rng = random.Random(seed)
    chosen = list(known.combinations)
    impossible = set(known.impossible)
    missing = all_pairs(counts) - impossible - set().union(*map(pairs_of, chosen))
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


def one_of_each(
    counts: Sequence[int], combinations: Sequence[Combination], turn: int, first: int = 3
) -> set[Combination]:
    """Return few of the combinations that hold every option, others at every turn.

    The first few are the next in the row, so that all are met over time; each of the rest brings
    the most options not met yet.
    """
    begin = turn * first % len(combinations)
    waiting = [*combinations[begin:], *combinations[:begin]]
    chosen = waiting[:first]
    missing = {(slot, option) for slot, count in enumerate(counts) for option in range(count)}
    missing -= set().union(*(enumerate(combination) for combination in chosen))
    while missing:
        best = max(waiting, key=lambda combination: len(missing & set(enumerate(combination))))
        chosen.append(best)
        missing -= set(enumerate(best))
    return set(chosen)


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
