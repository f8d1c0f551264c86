"""Choosing few combinations in which every two options meet."""

import itertools
from collections.abc import Sequence


def pairs_of(combination: tuple[int, ...]) -> set[tuple[int, int, int, int]]:
    """Return the pairs (slot, option, other slot, other option) that a combination holds."""
    numbered = list(enumerate(combination))
    return {(*one, *other) for one, other in itertools.combinations(numbered, 2)}


def every_combination(counts: Sequence[int]) -> list[tuple[int, ...]]:
    """Return every choice of one option a slot, as indices."""
    return list(itertools.product(*map(range, counts)))


def every_pair(counts: Sequence[int]) -> list[tuple[int, ...]]:
    """Return combinations such that every two options of different slots meet in one of them.

    Greedy: the combination with the most pairs not met yet comes next.
    """
    candidates = every_combination(counts)
    missing = set().union(*map(pairs_of, candidates))
    chosen = []
    while missing:
        best = max(candidates, key=lambda candidate: len(pairs_of(candidate) & missing))
        chosen.append(best)
        missing -= pairs_of(best)
    return chosen
