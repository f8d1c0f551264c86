"""How far to train before looking up: to show progress, and to see whether Ctrl-C was pressed."""

# Long enough to cost nothing, short enough to be answered soon.
_SECONDS = 1.0
_FIRST = 16


class Pace:
    """Finds how many iterations take about a second.

    What is learned does not depend on it: training may be cut anywhere.
    """

    def __init__(self) -> None:
        self.iterations = _FIRST

    def took(self, iterations: int, seconds: float) -> None:
        """Learn from how long some iterations took; the pace changes by no more than twice."""
        fitting = iterations * _SECONDS / max(seconds, 1e-6)
        limits = self.iterations / 2, self.iterations * 2
        self.iterations = max(1, int(min(max(fitting, limits[0]), limits[1])))
