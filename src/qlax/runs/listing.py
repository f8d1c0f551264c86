"""Runs as a list: those of several seeds as one entry, with what came of them."""

import itertools
import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qlax.runs.disk import CONFIG
from qlax.runs.saved import SavedRun, Status
from qlax.wording import standard_error

_ORDER: tuple[Status, ...] = ("running", "failed", "unfinished", "finished")
"""What is said of several seeds: the first of these that is true of one."""


@dataclass(frozen=True)
class Entry:
    """A run, or the runs of several seeds that were begun together."""

    folder: Path
    """Where it is; of several seeds, the folder of all."""
    runs: tuple[SavedRun, ...]
    """The run of each seed, in the order of the seeds."""

    @property
    def first(self) -> SavedRun:
        """The run of the first seed."""
        return self.runs[0]

    @property
    def seeds(self) -> list[int]:
        """The seeds."""
        return [run.seed for run in self.runs]

    @property
    def status(self) -> Status:
        """Whether it is under way, finished, or ended early."""
        found = {run.status for run in self.runs}
        return next(status for status in _ORDER if status in found)

    @property
    def env_steps(self) -> int:
        """Environment steps done by the seed that has done fewest."""
        return min(run.env_steps for run in self.runs)

    @property
    def means(self) -> list[float]:
        """The mean return of each seed that was evaluated in the end."""
        found = [run.evaluation for run in self.runs]
        return [float(evaluation["mean"]) for evaluation in found if evaluation is not None]

    @property
    def mean(self) -> float | None:
        """The mean return of the final evaluation, over all seeds; None if there was none."""
        return statistics.fmean(self.means) if self.means else None

    @property
    def spread(self) -> float | None:
        """The standard deviation over episodes, or the standard error over several seeds."""
        if len(self.runs) > 1:
            return standard_error(self.means)
        evaluation = self.first.evaluation
        return None if evaluation is None else float(evaluation["std"])

    @property
    def solved(self) -> int | None:
        """How many seeds solved the environment; None where nobody can say."""
        known = [run.result.get("solved") for run in self.runs if run.result is not None]
        told = [solved for solved in known if isinstance(solved, bool)]
        return sum(told) if told else None

    @property
    def latest(self) -> float | None:
        """The newest return by evaluation while training, or else of training."""
        rows = reversed(self.first.last_rows)
        names = ("eval_return", "episode_return")
        values = (row.get(name) for name, row in itertools.product(names, rows))
        finite = (value for value in values if isinstance(value, float) and math.isfinite(value))
        return next(finite, None)

    @property
    def failure(self) -> str | None:
        """The kind of error that ended training, if one did."""
        found = [run.failure for run in self.runs if run.failure is not None]
        return str(found[0].get("kind")) if found and self.status == "failed" else None

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "folder": str(self.folder),
            "env": self.first.env,
            "agent": self.first.agent,
            "seeds": self.seeds,
            "status": self.status,
            "failure": self.failure,
            "steps": self.first.steps,
            "env_steps": self.env_steps,
            "mean": self.mean,
            "std" if len(self.runs) == 1 else "standard_error": self.spread,
            "means": self.means,
            "threshold": (self.first.result or {}).get("threshold"),
            "solved": self.solved,
            "latest_return": self.latest,
            "began": self.first.began,
        }


def entries(runs: Iterable[SavedRun]) -> list[Entry]:
    """Return runs as entries, in the order of the first of each."""
    groups: dict[Path, list[SavedRun]] = {}
    of_seeds: dict[Path, bool] = {}
    for run in runs:
        above = run.folder.parent
        if above not in of_seeds:
            of_seeds[above] = (above / CONFIG).is_file()
        groups.setdefault(above if of_seeds[above] else run.folder, []).append(run)
    return [
        Entry(folder, tuple(sorted(members, key=lambda run: run.seed)))
        for folder, members in groups.items()
    ]
