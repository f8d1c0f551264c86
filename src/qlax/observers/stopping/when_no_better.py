"""A rule that ends training once it makes no progress."""

from qlax.arguments import number, whole_number
from qlax.errors import require
from qlax.observers.core import Beginning, Observer, Report
from qlax.observers.stopping.returns import kind_of, returns_of


class StopWhenNoBetter(Observer):
    """Ends training once no seed has become better for a number of evaluations.

    In a run without evaluations while training, it goes by training returns.

    Args:
        times: How many evaluations without progress are enough, or reports of training; at least 1.
        by: How much better than the best so far counts as progress; 0 or more.
    """

    def __init__(self, times: int = 5, *, by: float = 0.0) -> None:
        self.times = whole_number("times", times, at_least=1)
        self.by = number("by", by)
        require(self.by >= 0.0, "by", self.by, "0 or more")

    def begin(self, event: Beginning) -> None:
        """Forget what was seen before."""
        self._returns, self._kind = returns_of(event), kind_of(event)
        self._best: list[float] | None = None
        self._since = 0

    def report(self, event: Report) -> str | None:
        """Ask to stop if the last evaluations brought no seed forward."""
        returns = self._returns(event)
        if returns is None:
            return None
        best = self._best
        better = best is None or any(
            new > old + self.by for new, old in zip(returns, best, strict=True)
        )
        self._since = 0 if better else self._since + 1
        self._best = list(map(max, returns, returns if best is None else best))
        if self._since < self.times:
            return None
        return f"no progress: no better in {self.times} {self._kind} in a row"
