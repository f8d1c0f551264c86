"""The course of training so far, in numbers: what every kind of progress shows."""

import contextlib
import math
import time
from collections import deque
from typing import NamedTuple

from qlax.errors import UsageError
from qlax.observers.core import Beginning, Report
from qlax.runs.folder import read_metrics

_WINDOW = 20.0
"""Seconds that the rate is an average of: updates begin late, and the first steps cost little."""
_MOST_POINTS = 2_000
"""Points that a curve keeps; of more than these, every other one is dropped."""


class Spread(NamedTuple):
    """Where the seeds are: the smallest and the largest value."""

    low: float
    high: float


class Curve:
    """Values over environment steps, thinned to a bounded number of points."""

    def __init__(self) -> None:
        self.points: list[tuple[int, float]] = []
        self._stride = 1
        self._told = 0

    def add(self, env_steps: int, value: float | None) -> None:
        """Add a point, unless there is no finite value."""
        if value is None or not math.isfinite(value):
            return
        if self._told % self._stride == 0:
            self.points.append((env_steps, value))
        self._told += 1
        if len(self.points) > _MOST_POINTS:
            self.points = self.points[::2]
            self._stride *= 2

    @property
    def values(self) -> list[float]:
        """The values alone."""
        return [value for _, value in self.points]


class Course:
    """How far training is and how good, since it began or went on."""

    def __init__(self, event: Beginning) -> None:
        self.title = f"{event.plan.agent_name} on {event.spec.id}"
        self.total = event.plan.steps
        self.threshold = event.spec.reward_threshold
        self.seeds = [member.seed for member in event.members]
        self.is_one_of_several = len(event.members) < event.seeds
        self.env_steps = event.env_steps
        self.is_compiling = True
        self.has_ended = False
        self.evaluations = Curve()
        self.returns = Curve()
        self.best: float | None = None
        self.spread: Spread | None = None
        self.final: list[float] = []
        self._row: dict[str, float | None] = {}
        self._began = time.perf_counter()
        self._samples: deque[tuple[float, int]] = deque()
        self._will_be_evaluated = event.plan.eval_episodes != 0
        if event.env_steps > 0:
            self._recall(event)

    def _recall(self, event: Beginning) -> None:
        """Take up the curves of a run that goes on, as far as they can be read."""
        histories: list[dict[int, dict[str, float | None]]] = []
        for member in event.members:
            with contextlib.suppress(UsageError, OSError):
                rows = read_metrics(member.folder)
                histories.append({int(row["env_steps"]): row for row in rows})
        if len(histories) < len(event.members):
            return
        for env_steps in sorted(histories[0]):
            together = [history[env_steps] for history in histories if env_steps in history]
            if env_steps <= event.env_steps and len(together) == len(histories):
                members = event.members
                self.reported(Report(env_steps=env_steps, members=members, rows=tuple(together)))

    def advanced(self, env_steps: int) -> None:
        """Training has come this far."""
        now = time.perf_counter()
        if self.is_compiling:
            self.is_compiling, self._began = False, now
        self.env_steps = env_steps
        self._samples.append((now, env_steps))
        while len(self._samples) > 2 and now - self._samples[1][0] > _WINDOW:
            self._samples.popleft()

    def reported(self, event: Report) -> None:
        """There are new metrics."""
        mean = event.mean
        self._row |= {name: value for name, value in mean.items() if value is not None}
        self.env_steps = event.env_steps
        self.returns.add(event.env_steps, mean.get("episode_return"))
        evaluated = mean.get("eval_return")
        self.evaluations.add(event.env_steps, evaluated)
        if evaluated is not None and math.isfinite(evaluated):
            self.best = evaluated if self.best is None else max(self.best, evaluated)
            each = [value for row in event.rows if (value := row.get("eval_return")) is not None]
            self.spread = Spread(min(each), max(each)) if len(each) > 1 else None

    def evaluated(self, mean: float) -> None:
        """A seed's final evaluation is over."""
        self.final.append(mean)

    def metric(self, name: str) -> float | None:
        """Return the newest value of a metric, None if there is none yet."""
        value = self._row.get(name)
        return value if value is None or math.isfinite(value) else None

    @property
    def metrics(self) -> list[str]:
        """The names of the metrics that there are."""
        return list(self._row)

    @property
    def share(self) -> float:
        """How much of training is done, in [0, 1]."""
        return min(self.env_steps / self.total, 1.0) if self.total else 1.0

    @property
    def is_evaluating(self) -> bool:
        """Whether training is over and the final evaluation is under way."""
        return self.env_steps >= self.total and self._will_be_evaluated and not self.has_ended

    @property
    def main(self) -> Curve:
        """The curve to show: evaluations, or training returns where there are none."""
        return self.evaluations if self.evaluations.points else self.returns

    @property
    def seconds(self) -> float:
        """Seconds of training so far, without those that compiling took."""
        is_over = self.has_ended or self.env_steps >= self.total
        now = self._samples[-1][0] if is_over and self._samples else time.perf_counter()
        return now - self._began

    @property
    def rate(self) -> float:
        """Environment steps a second, of each seed, of late; 0 if none are known."""
        if len(self._samples) < 2:
            return 0.0
        (began, first), (now, last) = self._samples[0], self._samples[-1]
        return (last - first) / max(now - began, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """Seconds that training will still take at that rate; None if nobody can say."""
        rate = self.rate
        return (self.total - self.env_steps) / rate if rate > 0.0 else None

    @property
    def memory(self) -> int:
        """Bytes of main memory that the process has."""
        import psutil

        return int(psutil.Process().memory_info().rss)
