"""One number a run: how good it was in the end, and how soon it was good."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from qlax.comparing.curves import on_grid
from qlax.comparing.statistics import iqm
from qlax.comparing.trace import EVALUATION, TRAINING, Line, Trace
from qlax.wording import counted

Basis = Literal["final", "evaluations", "training"]
BASES: dict[Basis, str] = {
    "final": "the mean return of the final evaluation",
    "evaluations": "the mean of the greedy evaluations in the last tenth of the steps",
    "training": "the mean return of training episodes in the last tenth of the steps",
}
_LAST = 0.1
_PLACES = 100
_FRACTION = 0.9
Agents = Mapping[str, Sequence[Trace]]


class Target(NamedTuple):
    """A return to be reached."""

    value: float
    what: str
    """In words."""


def finished(agents: Agents) -> tuple[dict[str, list[Trace]], list[str]]:
    """Return the runs that came to their end, by agent, and a sentence for each other one."""
    over: dict[str, list[Trace]] = {}
    notes = []
    for agent, traces in agents.items():
        for trace in traces:
            if trace.is_over:
                over.setdefault(agent, []).append(trace)
                continue
            status, planned = ("", 0) if trace.run is None else (trace.run.status, trace.run.steps)
            reached = trace.last()
            at = "" if math.isnan(reached) else f", after {reached:,.0f} of {planned:,} steps"
            state = "is still being trained" if status == "running" else f"is {status}"
            notes.append(f"{trace.folder} is not compared: it {state}{at}.")
    return over, notes


def until(agents: Agents, steps: int) -> tuple[dict[str, list[Trace]], list[str]]:
    """Return the runs as they were after some steps, and a sentence for each that got less far."""
    kept: dict[str, list[Trace]] = {}
    notes = []
    for agent, traces in agents.items():
        for trace in traces:
            reached = trace.last()
            if reached >= (1.0 - _LAST / 2) * steps:  # between two evaluations
                lines = {name: _cut(line, steps) for name, line in trace.lines.items()}
                cut = dataclasses.replace(trace, lines=lines, final=None)
                kept.setdefault(agent, []).append(cut)
            else:
                far = 0.0 if math.isnan(reached) else reached
                notes.append(
                    f"{trace.folder} is not compared: it got to {far:,.0f} of {steps:,} steps."
                )
    return kept, notes


def basis_of(agents: Agents) -> Basis:
    """Return what runs are compared by: the best that all of them have."""
    traces = [trace for those in agents.values() for trace in those]
    if all(trace.final is not None for trace in traces):
        return "final"
    return "evaluations" if _all_have(traces, EVALUATION) else "training"


def scores_by(basis: Basis, traces: Sequence[Trace]) -> np.ndarray:
    """Return a score for each run, `[R]`; NaN where it has none."""
    return np.asarray([_score(basis, trace) for trace in traces], np.float64)


def target_of(agents: Agents) -> Target:
    """Return the return that counts as reached: the threshold, if any run gets there.

    Else it is most of the way from the lowest return at the start to what the best agent's runs
    have in the last tenth, in what `measure_of` says.
    """
    measure = measure_of(agents)
    traces = [trace for those in agents.values() for trace in those]
    threshold = next((trace.threshold for trace in traces if trace.threshold is not None), None)
    if threshold is not None and any(
        math.isfinite(found) for found in steps_to(threshold, traces, measure)
    ):
        return Target(threshold, f"the threshold of {threshold:g}")
    starts = [value for trace in traces if math.isfinite(value := _first(trace, measure))]
    basis: Basis = "evaluations" if measure == EVALUATION else "training"
    ends = [scores_by(basis, those) for those in agents.values()]
    best = max(
        (float(iqm(end[np.isfinite(end)])) for end in ends if np.isfinite(end).any()), default=0.0
    )
    start = min(starts, default=best)
    value = start + _FRACTION * (best - start)
    return Target(value, f"{value:.4g}, {_FRACTION:.0%} of the way to the best agent")


def measure_of(agents: Agents) -> str:
    """Return the line that tells how soon runs were good: evaluations, if all have some."""
    traces = [trace for those in agents.values() for trace in those]
    return EVALUATION if _all_have(traces, EVALUATION) else TRAINING


def steps_to(target: float, traces: Sequence[Trace], measure: str) -> np.ndarray:
    """Return the steps after which each run first reached a return, `[R]`; infinite if never."""
    found = []
    for trace in traces:
        x, y = _thinned(*trace.line(measure, "steps"))
        reached = x[y >= target]
        found.append(reached[0] if len(reached) else math.inf)
    return np.asarray(found, np.float64)


def in_words(steps: np.ndarray, unit: str = "") -> str:
    """Return how soon runs reached a target: `12,000 (5 of 5 seeds)`."""
    reached = int(np.isfinite(steps).sum())
    of = f"{reached} of {counted(len(steps), 'seed')}"
    middle = float(np.sort(steps)[(len(steps) - 1) // 2 : len(steps) // 2 + 1].mean())
    return f"{middle:,.0f}{unit} ({of})" if math.isfinite(middle) else f"not by half of them ({of})"


def _cut(line: Line, steps: int) -> Line:
    """Return a line up to some steps."""
    if "steps" not in line.axes:
        return line
    kept = line.axes["steps"] <= steps
    return Line({axis: places[kept] for axis, places in line.axes.items()}, line.values[kept])


def _first(trace: Trace, measure: str) -> float:
    """Return the first value of a run's line; NaN if it has none."""
    _, y = _thinned(*trace.line(measure, "steps"))
    return float(y[0]) if len(y) else math.nan


def _all_have(traces: Sequence[Trace], measure: str) -> bool:
    return all(len(trace.line(measure, "steps")[0]) for trace in traces)


def _score(basis: Basis, trace: Trace) -> float:
    if basis == "final":
        return math.nan if trace.final is None else trace.final
    x, y = trace.line(EVALUATION if basis == "evaluations" else TRAINING, "steps")
    if not len(x):
        return math.nan
    return float(y[x >= (1.0 - _LAST) * x[-1]].mean())


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a line of few places; of many, such as one an episode, means of stretches."""
    if len(x) <= 2 * _PLACES:
        return x, y
    grid = np.linspace(x[0], x[-1], _PLACES)
    return grid, on_grid(x, y, grid)
