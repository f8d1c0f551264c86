"""The progress of training: a live line on a terminal, plain lines in a pipe."""

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from qlax.differences import by_part
from qlax.observers.core import Beginning, Ended, MetricsRow, Observer, Report
from qlax.wording import broken

# In a pipe, a line is printed for every tenth of the run, and for every minute.
_PLAIN_LINES = 10
_PLAIN_SECONDS = 60.0
# A narrow terminal shows the bar with fewer metrics.
_BAR_WIDTH = 16


class Progress(Observer):
    """Prints what is trained, and how far training is, on the standard output.

    On a terminal it is a line that changes; elsewhere, a line for every tenth of the run and for
    every minute.
    """

    def __init__(self) -> None:
        # The console is made when training begins: standard output may be another stream by then.
        self._bar: Bar | None = None
        self._started: tuple[float, int] | None = None

    def begin(self, event: Beginning) -> None:
        """Say what is about to be trained, and show that the program is being compiled."""
        self._total = event.plan.steps
        self._started = None
        self._row: MetricsRow = {}
        self._console = Console(file=sys.stdout, highlight=False)
        if event.is_first:
            self.note("training", f"{event.plan.agent_name} on {event.spec.id}")
            self.note("backend", event.backend)
            if event.env_steps == 0:
                self._show_changes(event)
        if len(event.members) < event.seeds:
            self.note("seed", f"{event.members[0].seed}, one of {event.seeds}")
        if self._console.is_terminal:
            self._bar = Bar(
                TextColumn("[bold]{task.description}"),
                BarColumn(bar_width=_BAR_WIDTH),
                TextColumn("{task.fields[line]}"),
                console=self._console,
                auto_refresh=False,
            )
            self._task = self._bar.add_task("training", total=self._total, line="compiling …")
            self._bar.start()
            self._bar.refresh()

    def _show_changes(self, event: Beginning) -> None:
        """Say what of the agent was fitted to the environment, a line for each part."""
        if event.plan.changed:
            self._say("fitted", f"to {event.spec.id} (elsewhere → here)")
        for line in by_part(event.plan.changed):
            self._say("", line)

    def note(self, topic: str, text: str) -> None:
        """Print it."""
        self._say(topic, text)

    def _say(self, topic: str, text: str) -> None:
        """Print it: on a terminal broken between words, and above the bar if there is one."""
        width = self._console.width if self._console.is_terminal else None
        line = broken(f"{topic:<10}{text}", width, indent=10)
        if width is not None:
            self._console.print(line, markup=False, soft_wrap=True)
        else:
            print(line, flush=True)

    def advance(self, env_steps: int) -> None:
        """Show how far training is, beside the newest metrics."""
        if self._started is None:
            self._started = self._printed = (time.perf_counter(), env_steps)
        self._tell({**self._row, "env_steps": env_steps}, reported=False)

    def report(self, event: Report) -> None:
        """Show the newest metrics."""
        self._row = event.mean
        self._tell(self._row, reported=True)

    def end(self, event: Ended) -> None:  # noqa: ARG002
        """Leave the finished bar where it is."""
        self._stop()

    def failure(self, error: BaseException) -> None:  # noqa: ARG002
        """Leave the bar as far as it came."""
        self._stop()

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _tell(self, row: MetricsRow, *, reported: bool) -> None:
        if self._started is None:
            return
        env_steps = int(row["env_steps"] or 0)
        if self._bar is not None:
            line = self._line(row)
            self._bar.update(self._task, completed=env_steps, line=line, refresh=True)
        elif self._is_due(env_steps, reported=reported):
            self._printed = (time.perf_counter(), env_steps)
            print(f"          {self._line(row)}", flush=True)

    def _is_due(self, env_steps: int, *, reported: bool) -> bool:
        """Return whether to print a line in a pipe."""
        printed_at, printed_steps = self._printed
        tenths, told = (steps * _PLAIN_LINES // self._total for steps in (env_steps, printed_steps))
        return (reported and tenths > told) or time.perf_counter() - printed_at >= _PLAIN_SECONDS

    def _line(self, row: MetricsRow) -> str:
        """Return the metrics in a line: on a narrow terminal, the first of them that fit."""
        assert self._started is not None
        began, first_step = self._started
        env_steps = int(row["env_steps"] or 0)
        elapsed = max(time.perf_counter() - began, 1e-9)
        rate = (env_steps - first_step) / elapsed
        left = f"{_duration((self._total - env_steps) / rate)} left" if rate else ""
        optional = [
            _named("return", row.get("episode_return"), ",.4g"),
            f"{_short(rate)}/s" if self._bar is not None else f"{rate:,.0f}/s",
            _named("ε", row.get("epsilon"), ".2f"),
            _named("loss", row.get("loss"), ".3g"),
        ]
        if self._bar is None:
            return _joined([f"{env_steps:,}/{self._total:,} steps", *optional, left])
        # The most important comes first: how far, how much longer, how good.
        shown = [f"{_short(env_steps)}/{_short(self._total)}", left]
        room = self._console.width - _BAR_WIDTH - len("training  ") - 1
        for part in filter(None, optional):
            if len(_joined([*shown, part])) <= room:
                shown.insert(len(shown) - 1, part)
        return _joined(shown)


def _joined(parts: list[str]) -> str:
    return "  ".join(part for part in parts if part)


def _named(name: str, value: float | None, form: str) -> str:
    return "" if value is None else f"{name} {value:{form}}"


def _short(number: float) -> str:
    """Return a number in at most five characters: 950, 12.3k, 1.2M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.0f}"


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
