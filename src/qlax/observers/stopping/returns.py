"""The returns that rules go by: of evaluations where a run has them, else of training."""

from collections.abc import Callable

from qlax.observers.core import Beginning, MetricsRow, Report

Returns = Callable[[Report], list[float] | None]
"""The return of each seed in a report; None if there is none for one of them."""


def returns_of(event: Beginning) -> Returns:
    """Return where a run's returns are found in its reports."""
    name = "eval_return" if event.plan.eval_every else "episode_return"

    def found(report: Report) -> list[float] | None:
        values = [row.get(name) for row in report.rows]
        known = [value for value in values if value is not None]
        return known if len(known) == len(values) else None

    return found


def kind_of(event: Beginning) -> str:
    """Return what these returns are, in words."""
    return "evaluations" if event.plan.eval_every else "reports of training"


def return_in(row: MetricsRow) -> float | None:
    """Return the return of an evaluation if a row has one, else that of training."""
    greedy = row.get("eval_return")
    return row.get("episode_return") if greedy is None else greedy
