"""A rule that ends training once a condition on its metrics holds."""

import operator
import re
from collections.abc import Callable

from qlax.errors import UsageError, shown
from qlax.observers.core import MetricsRow, Observer, Report
from qlax.observers.stopping.returns import return_in

_COMPARED: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_CONDITION = re.compile(r"\s*([a-z_][\w.:]*)\s*(>=|<=|>|<)\s*([-+]?[\d._]+(?:[eE][-+]?\d+)?)\s*")
_SHORT: dict[str, Callable[[MetricsRow], float | None]] = {
    "return": return_in,
    "steps": lambda row: row.get("env_steps"),
    "minutes": lambda row: _minutes(row.get("seconds")),
}
"""Names for what rows call otherwise."""


class StopWhen(Observer):
    """Ends training once a condition holds for every seed.

    >>> qlax.train("CartPole-v1", observers=[qlax.observers.StopWhen("return >= 450")])

    Args:
        condition: A metric, one of >=, <=, > and <, and a number. The metrics are the columns of
            `metrics.jsonl`, and `return` (of an evaluation, else of training), `steps` and
            `minutes` (of training). Or a function of a `Report` that returns the reason to end
            training, or None to go on.
    """

    def __init__(self, condition: str | Callable[[Report], str | None]) -> None:
        self.condition = condition
        if callable(condition):
            self._reason = condition
            return
        found = _CONDITION.fullmatch(condition) if isinstance(condition, str) else None
        if found is None:
            raise UsageError(
                f"condition is {shown(condition)}, but must be a metric, a comparison and a "
                "number, such as 'return >= 200', or a function of a Report."
            )
        self._name, self._sign, self._limit = found[1], found[2], float(found[3])
        self._reason = self._compared
        self.is_essential = True  # a metric that there is not would never end training

    def report(self, event: Report) -> str | None:
        """Ask to stop if the condition holds."""
        return self._reason(event)

    def _compared(self, event: Report) -> str | None:
        """Return the condition as a reason if it holds for the metrics of every seed.

        Raises:
            UsageError: if there is no such metric.
        """
        values = [self._value(row) for row in event.rows]
        if any(value is None for value in values):
            return None
        holds = _COMPARED[self._sign]
        if not all(holds(value, self._limit) for value in values if value is not None):
            return None
        return f"{self._name} {self._sign} {self._limit:g}"

    def _value(self, row: MetricsRow) -> float | None:
        short = _SHORT.get(self._name)
        if short is not None:
            return short(row)
        if self._name not in row and not self._name.startswith("eval_"):
            known = ", ".join([*_SHORT, *row])
            raise UsageError(f"There is no metric {self._name!r}; there are {known}.")
        return row.get(self._name)


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60
