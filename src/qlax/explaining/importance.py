"""Which numbers of an observation values depend on, by measurement."""

import itertools
import weakref
from typing import NamedTuple

import numpy as np

from qlax.explaining.core import Subject

STATES = 400
"""States that are looked at."""
_CANDIDATES, _PAIRS = 6, 3


class Importance(NamedTuple):
    """What values depend on."""

    states: np.ndarray
    """The states that were looked at, float, [B, D]."""
    alone: np.ndarray
    """Mean |change| of max Q if a number is another state's, float, [D]."""
    pairs: list[tuple[int, int]]
    """The pairs that matter most, the first most of all."""
    together: np.ndarray
    """Mean |change| of max Q if both are another state's, float, for each pair."""


def importance_of(subject: Subject) -> Importance:
    """Return what max Q depends on in the states that were visited; measured once."""
    if subject not in _MEASURED:
        _MEASURED[subject] = _measured(subject)
    return _MEASURED[subject]


_MEASURED: "weakref.WeakKeyDictionary[Subject, Importance]" = weakref.WeakKeyDictionary()


def _measured(subject: Subject) -> Importance:
    random = np.random.default_rng(0)
    seen = subject.seen
    states = seen[random.choice(len(seen), min(STATES, len(seen)), replace=False)]
    others = states[random.permutation(len(states))]
    value = subject.at(states).value

    def change(*dimensions: int) -> float:
        mixed = states.copy()
        for one in dimensions:
            mixed[:, one] = others[:, one]
        return float(np.abs(subject.at(mixed).value - value).mean())

    alone = np.asarray([change(one) for one in range(states.shape[1])])
    order = np.argsort(-alone)
    matter = max(int((alone > 0.0).sum()), 2)  # what never changes has nothing to show
    candidates = sorted(order[: min(matter, _CANDIDATES)].tolist())
    together = {pair: change(*pair) for pair in itertools.combinations(candidates, 2)}
    pairs = sorted(together, key=lambda pair: -together[pair])[:_PAIRS]
    return Importance(states, alone, pairs, np.asarray([together[pair] for pair in pairs]))
