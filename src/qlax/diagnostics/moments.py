"""When learning is diagnosed."""

import math
from typing import Any, NamedTuple

from qlax.targets import Averaged, Periodic

_TIMES = 10
_MOST_APART = 10_000
"""Iterations: a long run is looked at oftener than a short one."""
_LATE = 0.75
"""Where in the period of a target network, if it would always be at the same place."""


class Moments(NamedTuple):
    """Every `every` iterations, so many `before` them."""

    every: int
    before: int

    def is_due(self, iteration: int) -> bool:
        """Return whether an iteration is followed by one."""
        return (iteration + self.before) % self.every == 0

    def after(self, iteration: int) -> int:
        """Return the first one that is later than an iteration."""
        return ((iteration + self.before) // self.every + 1) * self.every - self.before


def moments(agent: Any, iterations: int, report_every: int) -> Moments:
    """Return the moments of a run, which come with its reports.

    A copy of the network that is always just made when somebody looks would seem never to differ.
    Where the interval is a multiple of its period, moments are therefore late in the period, and
    reports of their own.

    Args:
        agent: The agent.
        iterations: Steps of each environment in all.
        report_every: Those between reports.
    """
    apart = min(math.ceil(iterations / _TIMES), _MOST_APART)
    every = math.ceil(apart / report_every) * report_every
    target = agent.target.target if isinstance(agent.target, Averaged) else agent.target
    if not isinstance(target, Periodic) or every % agent.update_every:
        return Moments(every, 0)
    updates, period = every // agent.update_every * agent.updates, target.period
    if updates % period:
        return Moments(every, 0)
    begun = max(agent.first_learning - 1, 0) // agent.update_every * agent.updates
    phase = -begun % period
    back = 0 if phase >= period / 2 else (phase - round(_LATE * period)) % period
    return Moments(every, back * agent.update_every // agent.updates)
