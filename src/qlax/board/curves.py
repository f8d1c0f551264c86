"""What the page draws of a run's metrics: thinned at first, then what was appended alone."""

from array import array
from typing import TYPE_CHECKING, Any, Literal

from qlax.board.history import History
from qlax.board.thinning import kept

if TYPE_CHECKING:
    import numpy as np

Axis = Literal["env_steps", "updates", "seconds"]
AXES: tuple[Axis, ...] = ("env_steps", "updates", "seconds")
POINTS = 1_000
"""Points of a curve, unless another number is asked for; a screen shows no more."""
_DIGITS = 7


def curves(
    history: History,
    axis: Axis,
    points: int = POINTS,
    after: tuple[int, int] | None = None,
    only: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Return the metrics of a run as points over an axis.

    Args:
        history: The run's metrics.
        axis: What is along the horizontal.
        points: The most points of each curve.
        after: The generation and the number of rows that the page has. What follows is returned
            whole if it is few; otherwise, and if the file is another by now, everything anew.
        only: The metrics that are asked for; all if none is named.

    Returns:
        `generation` and `rows`, to be given as `after` the next time; whether this is `appended`
        to what the page has; and `series`, of each metric `{"x": […], "y": […]}`.
    """
    with history.lock:
        history.refresh()
        begin = 0
        if after is not None and after[0] == history.generation and after[1] <= history.rows:
            begin = after[1] if history.rows - after[1] <= points else 0
        appended = after is not None and after[0] == history.generation and begin == after[1]
        series = {}
        along = history.columns.get(axis)
        for name, column in history.columns.items() if along is not None else ():
            if name not in AXES and (not only or name in only):
                series[name] = _points(along, column, begin, points)
        return {
            "generation": history.generation,
            "rows": history.rows,
            "appended": appended,
            "unreadable": history.unreadable,
            "metrics": [name for name in history.columns if name not in AXES],
            "axes": [name for name in AXES if name in history.columns],
            "series": {name: found for name, found in series.items() if found["x"]},
        }


def _points(
    along: "array[float] | None", column: "array[float]", begin: int, points: int
) -> dict[str, list[float]]:
    """Return the points of one curve from a row on."""
    import numpy as np

    x, y = np.asarray(along)[begin:], np.asarray(column)[begin:]
    there = np.isfinite(x) & np.isfinite(y)
    x, y = x[there], y[there]
    chosen = kept(y, points)
    return {"x": x[chosen].tolist(), "y": _short(y[chosen])}


def _short(numbers: "np.ndarray") -> list[float]:
    """Return numbers in as many digits as a picture shows."""
    return [float(f"{value:.{_DIGITS}g}") for value in numbers.tolist()]
