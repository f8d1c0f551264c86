"""How many iterations to train before showing progress and looking for Ctrl-C."""

import contextlib
import time
from collections.abc import Iterator

# Long enough to cost nothing, short enough for an answer to Ctrl-C.
_SECONDS = 1.0
_FIRST = 16


class Pace:
    """Finds how many iterations take about a second.

    What is learned does not depend on it: training may be cut anywhere.
    """

    def __init__(self) -> None:
        self.iterations = _FIRST
        self.last = 0.0
        """Seconds that the last iterations took."""

    @contextlib.contextmanager
    def measuring(self, iterations: int) -> Iterator[None]:
        """Adapt the pace to how long the block takes; it at most doubles or halves."""
        began = time.perf_counter()
        yield
        seconds = max(time.perf_counter() - began, 1e-6)
        self.last = seconds
        fitting = iterations * _SECONDS / seconds
        limits = self.iterations / 2, self.iterations * 2
        self.iterations = max(1, int(min(max(fitting, limits[0]), limits[1])))
