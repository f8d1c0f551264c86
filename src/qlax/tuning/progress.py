"""What a search shows while it is at work."""

import sys
import time
from collections.abc import Sequence
from typing import Any, TextIO

from qlax.tuning.plan import Plan
from qlax.tuning.study import OUTCOMES, Told
from qlax.wording import counted


class TuningProgress:
    """A line for each new best and a bar below on a terminal; elsewhere a line for each trial."""

    def __init__(self, file: TextIO | None = None) -> None:
        """Show it in a file.

        Args:
            file: What to write to; None for the standard output.
        """
        from rich.console import Console

        self._file = sys.stdout if file is None else file
        width = None if self._file.isatty() else 200
        self._console = Console(file=self._file, highlight=False, width=width)
        self._bar: Any = None
        self._seen: set[int] = set()
        self._best = float("-inf")
        self._began = time.monotonic()

    def begin(self, plan: Plan, backend: str, trials: int, told: Sequence[Told]) -> None:
        """Say what is searched."""
        self.note("tuning", f"{plan.agent_name} on {plan.source.name}")
        self.note("backend", backend)
        each = f"{counted(plan.seeds, 'seed')} of {plan.steps:,} steps each"
        self.note("trials", f"{trials}, {each}")
        for path, found in plan.search.ranges.items():
            self.note("search", f"agent.{path}={found}")
        if told:
            self.note("so far", f"{counted(len(told), 'trial')}, from before")
            self._seen = {one.number for one in told}
            self._best = max((_score(one) for one in told), default=self._best)
        if self._file.isatty():
            self._start(trials, len(told))

    def note(self, topic: str, text: str) -> None:
        """Say something."""
        self._console.print(f"{topic:<10}{text}", markup=False, soft_wrap=True)

    def trials(self, told: Sequence[Told], total: int) -> None:
        """Show the trials that ended."""
        for one in told:
            if one.number in self._seen:
                continue
            self._seen.add(one.number)
            is_best = _score(one) > self._best
            self._best = max(self._best, _score(one))
            if is_best or self._bar is None:
                self.note(f"trial {one.number}", self._line(one, is_best=is_best))
        self._update("searching", len(told), total, _counts(told))

    def confirming(self, done: int, total: int) -> None:
        """Show how far the confirmation is."""
        self._update("confirming", done, total, "seeds")

    def end(self) -> None:
        """Leave what was said."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _line(self, one: Told, *, is_best: bool) -> str:
        value = "" if one.value is None else f"{one.value:.1f}"
        state = "best so far" if is_best else one.outcome
        values = ", ".join(f"{path.rsplit('.', 1)[-1]} {value}" for path, value in _short(one))
        seconds = int(time.monotonic() - self._began)
        return f"{value:>8}  {state:<11}  {seconds // 60}:{seconds % 60:02d}  {values}"

    def _start(self, total: int, done: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeElapsedColumn as Elapsed

        self._bar = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(24),
            MofNCompleteColumn(),
            Elapsed(),
            TextColumn("{task.fields[said]}"),
            console=self._console,
        )
        self._task = self._bar.add_task("searching", total=total, completed=done, said="compiling")
        self._bar.start()

    def _update(self, what: str, done: int, total: int, said: str) -> None:
        if self._bar is not None:
            best = f"best {self._best:.1f}  " if self._best > float("-inf") else ""
            self._bar.update(
                self._task, description=what, completed=done, total=total, said=best + said
            )


def _score(one: Told) -> float:
    is_whole = one.outcome == "complete" and one.value is not None
    return float(one.value or 0.0) if is_whole else float("-inf")


def _short(one: Told) -> list[tuple[str, Any]]:
    return [
        (path, f"{value:.4g}" if isinstance(value, float) else value)
        for path, value in one.values.items()
    ]


def _counts(told: Sequence[Told]) -> str:
    found = {name: sum(one.outcome == name for one in told) for name in OUTCOMES[1:]}
    return "  ".join(f"{count} {name}" for name, count in found.items() if count)
