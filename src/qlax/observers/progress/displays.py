"""Where progress is shown: a panel on a terminal, or lines in a pipe."""

import time
from typing import Protocol, TextIO

from qlax.letters import shows_blocks, writable
from qlax.observers.progress import screen
from qlax.observers.progress.course import Course
from qlax.observers.progress.panel import BEAUTIFUL, LABEL, PLAIN, last_lines, panel
from qlax.observers.progress.words import duration, joined, named
from qlax.wording import broken

# In a pipe, a line is printed for every tenth of the run, and for every minute.
_PLAIN_LINES = 10
_PLAIN_SECONDS = 60.0
_PANEL_SECONDS = 0.05
"""The least time between two panels while training is under way."""


class Display(Protocol):
    """Shows the course of training in one kind of place."""

    names_seeds: bool
    """Whether it says itself which seed is trained, where one follows another."""

    def say(self, topic: str, text: str) -> None:
        """Show a remark."""
        ...

    def show(self, course: Course, *, reported: bool = False) -> None:
        """Show how far training is."""
        ...

    def close(self, course: Course) -> None:
        """Leave what is to stay."""
        ...


class TerminalPanel:
    """A panel at the end of a terminal, below everything else that is printed."""

    names_seeds = True

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._letters = BEAUTIFUL if shows_blocks(stream) else PLAIN
        self._screen = screen.Screen(stream, is_coloured=screen.is_coloured())
        self._drawn_at = -_PANEL_SECONDS

    def say(self, topic: str, text: str) -> None:
        """Print it above the panel, broken between words."""
        width = screen.width_of(self._stream)
        line = broken(f"{topic:<{LABEL}}{text}", width, indent=LABEL)
        print(writable(line, self._stream), file=self._stream, flush=True)

    def show(self, course: Course, *, reported: bool = False) -> None:  # noqa: ARG002
        """Draw the panel anew, unless it has just been drawn and training goes on."""
        now = time.perf_counter()
        is_under_way = not course.is_compiling and course.share < 1.0
        if is_under_way and now - self._drawn_at < _PANEL_SECONDS:
            return
        self._drawn_at = now
        self._screen.show(panel(course, self._screen.width, self._letters))

    def close(self, course: Course) -> None:
        """Leave the bar and the curve, and what is printed from here on below them."""
        self._screen.close(last_lines(course, self._screen.width, self._letters))


class PlainLines:
    """A line now and then, for a pipe, a file, or a terminal that cannot go back."""

    names_seeds = False

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._printed: tuple[float, int] | None = None

    def say(self, topic: str, text: str) -> None:
        """Print it; on a terminal broken between words."""
        width = screen.width_of(self._stream) if screen.is_terminal(self._stream) else None
        self._print(broken(f"{topic:<{LABEL}}{text}", width, indent=LABEL))

    def show(self, course: Course, *, reported: bool = False) -> None:
        """Print a line if one is due."""
        if course.is_compiling:
            return
        now = time.perf_counter()
        if self._printed is None:
            self._printed = (now, course.env_steps)
        printed_at, printed_steps = self._printed
        tenths, told = (
            steps * _PLAIN_LINES // course.total for steps in (course.env_steps, printed_steps)
        )
        if (reported and tenths > told) or now - printed_at >= _PLAIN_SECONDS:
            self._printed = (now, course.env_steps)
            self._print(" " * LABEL + _line(course))

    def close(self, course: Course) -> None:
        """Everything is printed already."""

    def _print(self, line: str) -> None:
        print(writable(line, self._stream), file=self._stream, flush=True)


def _line(course: Course) -> str:
    """Return the newest metrics in one line."""
    values, left = course.evaluations.values, course.seconds_left
    return joined(
        [
            f"{course.env_steps:,}/{course.total:,} steps",
            named("evaluation", values[-1] if values else None, ",.4g"),
            named("return", course.metric("episode_return"), ",.4g"),
            f"{course.rate:,.0f}/s",
            named("ε", course.metric("epsilon"), ".2f"),
            named("loss", course.metric("loss"), ".3g"),
            "" if left is None else f"{duration(left)} left",
        ]
    )
