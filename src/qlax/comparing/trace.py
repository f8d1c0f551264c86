"""What one seed did while it was trained, whichever library trained it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from qlax.runs.saved import SavedRun

Axis = Literal["steps", "updates", "seconds"]
AXES: tuple[Axis, ...] = get_args(Axis)
EVALUATION, TRAINING = "eval_return", "episode_return"
"""What the returns of greedy episodes, and of training episodes, are called."""
_COLUMNS: dict[Axis, str] = {"steps": "env_steps", "updates": "updates", "seconds": "seconds"}
_HUGE = 1e100
_NOT_MEASURES = frozenset({*_COLUMNS.values(), "format"})


class Line(NamedTuple):
    """One quantity over a run."""

    axes: Mapping[Axis, np.ndarray]
    """Where along the run the values are: environment steps, updates, seconds; what is known."""
    values: np.ndarray
    """The values, as many as each axis has places."""

    def along(self, axis: Axis) -> tuple[np.ndarray, np.ndarray]:
        """Return places along an axis, ascending and finite, and the values there.

        Of several values at one place, as a run that went on may have, the last is taken.
        """
        if axis not in self.axes:
            return np.empty(0), np.empty(0)
        x, y = self.axes[axis], self.values
        seen = (np.abs(x) < _HUGE) & (np.abs(y) < _HUGE)  # neither NaN nor what would overflow
        x, y = x[seen], y[seen]
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
        last = np.append(x[1:] != x[:-1], True) if len(x) else np.empty(0, bool)
        return x[last], y[last]


@dataclass(frozen=True, kw_only=True)
class Trace:
    """The run of one seed, to be drawn and compared."""

    folder: Path
    """Where it was read."""
    env: str
    """The environment, with its arguments if it has some."""
    agent: str
    """What the agent is called."""
    seed: int
    """Its seed, or a number of its own where that is not known."""
    lines: Mapping[str, Line]
    """What was logged, by name; `eval_return` and `episode_return` are the returns."""
    library: str = "qlax"
    """What trained it."""
    final: float | None = None
    """Mean return of the final evaluation."""
    threshold: float | None = None
    """The return from which the environment counts as solved."""
    run: SavedRun | None = None
    """The folder of qlax that it was read from."""

    @property
    def is_over(self) -> bool:
        """Whether training came to its end; of other libraries' runs nobody can say otherwise."""
        return self.run is None or self.run.status == "finished"

    def line(self, name: str, axis: Axis) -> tuple[np.ndarray, np.ndarray]:
        """Return places along an axis and the values there; empty where nothing was logged."""
        found = self.lines.get(name)
        return (np.empty(0), np.empty(0)) if found is None else found.along(axis)

    def last(self, axis: Axis = "steps") -> float:
        """Return how far the run got along an axis; NaN if nothing was logged."""
        ends = [x[-1] for x, _ in (self.line(name, axis) for name in self.lines) if len(x)]
        return float(max(ends, default=np.nan))


def trace_of(run: SavedRun, agent: str | None = None) -> Trace:
    """Return a run of qlax as a trace.

    Args:
        run: The run.
        agent: What to call its agent, if not as the run does.

    Raises:
        ValueError: if its metrics hold what is no number.
    """
    result = run.result or {}
    evaluation = result.get("eval")
    final = evaluation.get("mean") if isinstance(evaluation, dict) else None
    return Trace(
        folder=run.folder,
        env=_env_of(run),
        agent=run.agent if agent is None else agent,
        seed=run.seed,
        lines=_lines_of(run),
        final=None if final is None or not abs(float(final)) < _HUGE else float(final),
        threshold=_threshold_of(run, result),
        run=run,
    )


def _env_of(run: SavedRun) -> str:
    """Return the environment with its arguments: `FrozenLake-v1(is_slippery=False)`."""
    env = run.config.get("env")
    name = env["custom"] if isinstance(env, dict) and "custom" in env else run.env
    kwargs = run.config.get("env_kwargs")
    if not isinstance(kwargs, dict) or not kwargs:
        return str(name)
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in kwargs.items())})"


def _lines_of(run: SavedRun) -> dict[str, Line]:
    names = dict.fromkeys(name for row in run.rows for name in row)
    axes = {axis: run.column(column) for axis, column in _COLUMNS.items() if column in names}
    return {
        name: Line(axes, run.column(name))
        for name in names
        if name not in _NOT_MEASURES and _is_numeric(run, name)
    }


def _is_numeric(run: SavedRun, name: str) -> bool:
    """Return whether a column holds numbers; an observer may have added words."""
    return all(isinstance(row.get(name), int | float | None) for row in run.rows)


def _threshold_of(run: SavedRun, result: Mapping[str, Any]) -> float | None:
    spec = run.config.get("spec")
    found = spec.get("reward_threshold") if isinstance(spec, dict) else result.get("threshold")
    return float(found) if isinstance(found, int | float) else None
