"""A rule that ends training once the environment is solved."""

from collections import deque

from qlax.arguments import number, whole_number
from qlax.errors import UsageError
from qlax.observers.core import Beginning, Observer, Report


class StopWhenSolved(Observer):
    """Ends training once every seed's training returns reach a threshold for several reports.

    The returns are those of training, with exploration in them: the greedy policy is at least
    as good, and the final evaluation shows how good.

    Args:
        threshold: The mean return to reach; None for the environment's own threshold.
        reports: How many reports in a row have to reach it; at least 1.
    """

    def __init__(self, threshold: float | None = None, *, reports: int = 5) -> None:
        self.threshold = None if threshold is None else number("threshold", threshold)
        self.reports = whole_number("reports", reports, at_least=1)

    def begin(self, event: Beginning) -> None:
        """Find the threshold."""
        found = event.spec.reward_threshold if self.threshold is None else self.threshold
        if found is None:
            raise UsageError(
                f"{event.spec.id} has no threshold of its own: give one, StopWhenSolved(100.0)."
            )
        self._wanted = found
        self._recent: deque[bool] = deque(maxlen=self.reports)

    def report(self, event: Report) -> str | None:
        """Ask to stop if the last reports all reached the threshold."""
        returns = [row["episode_return"] for row in event.rows]
        known = [value for value in returns if value is not None]
        if known:
            self._recent.append(len(known) == len(returns) and min(known) >= self._wanted)
        if len(self._recent) < self.reports or not all(self._recent):
            return None
        return (
            f"solved: training returns of at least {self._wanted:g} in {self.reports} reports "
            "in a row"
        )
