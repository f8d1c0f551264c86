"""A rule that ends training once the environment is solved."""

from collections import deque

from qlax.arguments import number, whole_number
from qlax.errors import UsageError
from qlax.observers.core import Beginning, Observer, Report
from qlax.observers.stopping.returns import kind_of, returns_of


class StopWhenSolved(Observer):
    """Ends training once every seed's evaluations reach a threshold several times in a row.

    In a run without evaluations while training, training returns have to, which have exploration
    in them. The episodes are few: the final evaluation shows how good the policy is.

    Args:
        threshold: The mean return to reach; None for the environment's own threshold.
        times: How many evaluations in a row have to reach it, or reports of training; at least 1.
    """

    def __init__(self, threshold: float | None = None, *, times: int = 3) -> None:
        self.threshold = None if threshold is None else number("threshold", threshold)
        self.times = whole_number("times", times, at_least=1)

    def begin(self, event: Beginning) -> None:
        """Find the threshold."""
        found = event.spec.reward_threshold if self.threshold is None else self.threshold
        if found is None:
            raise UsageError(
                f"{event.spec.id} has no threshold of its own: give one, "
                "StopWhenSolved(100.0), or StopWhen('return >= 100')."
            )
        self._wanted = found
        self._returns, self._kind = returns_of(event), kind_of(event)
        self._recent: deque[bool] = deque(maxlen=self.times)

    def report(self, event: Report) -> str | None:
        """Ask to stop if the last evaluations all reached the threshold."""
        returns = self._returns(event)
        if returns is not None:
            self._recent.append(min(returns) >= self._wanted)
        if len(self._recent) < self.times or not all(self._recent):
            return None
        return f"solved: at least {self._wanted:g} in {self.times} {self._kind} in a row"
