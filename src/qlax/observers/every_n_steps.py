"""A function called at intervals of training."""

from collections.abc import Callable

from qlax.arguments import whole_number
from qlax.observers.core import Beginning, Observer, Report


class EveryNSteps(Observer):
    """Calls a function with the newest report about every N environment steps.

    It is called with the first report at or after each multiple of N: reports come forty times
    a run, or oftener.

    >>> qlax.observers.EveryNSteps(10_000, lambda report: print(report.mean["loss"]))

    Args:
        steps: N, at least 1.
        call: The function. What it returns, if anything, is a reason to end training.
    """

    def __init__(self, steps: int, call: Callable[[Report], str | None]) -> None:
        self.steps = whole_number("steps", steps, at_least=1)
        self.call = call

    def begin(self, event: Beginning) -> None:
        """Remember where training begins or goes on."""
        self._turn = event.env_steps // self.steps

    def report(self, event: Report) -> str | None:
        """Call the function if a multiple of N was passed."""
        turn = event.env_steps // self.steps
        if turn <= self._turn:
            return None
        self._turn = turn
        return self.call(event)
