"""The observer that shows progress, wherever it is shown."""

import sys
from collections.abc import Sequence
from typing import TextIO

from qlax.arguments import several
from qlax.differences import by_part
from qlax.errors import require
from qlax.observers.core import Beginning, Ended, Evaluated, Observer, Report
from qlax.observers.progress import screen
from qlax.observers.progress.course import Course
from qlax.observers.progress.displays import Display, PlainLines, TerminalPanel
from qlax.observers.progress.notebook import NotebookFigure, in_notebook


class Progress(Observer):
    """Shows what is trained, how far training is, and how good.

    On a terminal it is a panel of a few lines that changes, in a notebook a figure; elsewhere, a
    line for every tenth of the run and for every minute. `NO_COLOR` in the environment leaves out
    colours, `TERM=dumb` the panel.
    """

    def __init__(self, file: TextIO | None = None) -> None:
        """Show it in a file.

        Args:
            file: What to write to; None for the standard output, as it is when training begins, or
                for the notebook that the program is run in.
        """
        self._file = file
        self._display: Display | None = None
        self._course: Course | None = None
        self._ended = 0

    def begin(self, event: Beginning) -> None:
        """Say what is about to be trained, and show that the program is being compiled."""
        self._course, self._ended = Course(event), 0
        if self._display is None or event.is_first:
            self._display = self._new_display()
        if event.is_first:
            self.note("training", self._course.title)
            self.note("backend", event.backend)
            if event.env_steps == 0:
                self._show_changes(event)
        if len(event.members) < event.seeds and not self._display.names_seeds:
            self.note("seed", f"{event.members[0].seed}, one of {event.seeds}")
        self._show()

    def note(self, topic: str, text: str) -> None:
        """Show it, above the panel if there is one."""
        self._say(topic, text)

    def _say(self, topic: str, text: str) -> None:
        if self._display is not None:
            self._display.say(topic, text)

    def advance(self, env_steps: int) -> None:
        """Show how far training is, beside the newest metrics."""
        if self._course is not None:
            self._course.advanced(env_steps)
            self._show()

    def report(self, event: Report) -> None:
        """Show the newest metrics."""
        if self._course is not None:
            self._course.reported(event)
            self._show(reported=True)

    def evaluation(self, event: Evaluated) -> None:
        """Show that a seed's final evaluation is over."""
        if self._course is not None and event.is_final:
            self._course.evaluated(event.evaluation.mean)
            self._show()

    def end(self, event: Ended) -> None:  # noqa: ARG002
        """Leave what is to stay once every seed that was trained together is finished."""
        self._ended += 1
        if self._course is not None and self._ended >= len(self._course.seeds):
            self._close()

    def failure(self, error: BaseException) -> None:  # noqa: ARG002
        """Leave everything as far as it came."""
        self._close()

    def _new_display(self) -> Display:
        stream = sys.stdout if self._file is None else self._file
        if self._file is None and in_notebook():
            return NotebookFigure()
        return TerminalPanel(stream) if screen.is_live(stream) else PlainLines(stream)

    def _show_changes(self, event: Beginning) -> None:
        """Say what of the agent was fitted to the environment, a line for each part."""
        if event.plan.changed:
            self._say("fitted", f"to {event.spec.id} (elsewhere → here)")
        for line in by_part(event.plan.changed):
            self._say("", line)

    def _show(self, *, reported: bool = False) -> None:
        if self._course is not None and self._display is not None:
            self._display.show(self._course, reported=reported)

    def _close(self) -> None:
        if self._course is not None and self._display is not None:
            self._course.has_ended = True
            self._display.close(self._course)
            self._course = None


def with_progress(observers: Sequence[Observer], progress: bool | None) -> list[Observer]:
    """Return the observers, with one that shows progress if that is wanted.

    Args:
        observers: Those that were given.
        progress: Whether to show it; None for where somebody looks: a terminal or a notebook.
            There is never a second one.

    Raises:
        UsageError: if `observers` is no list, or `progress` something else.
    """
    given = several("observers", observers, "observers")
    require(progress in (None, True, False), "progress", progress, "True, False or None")
    if any(isinstance(observer, Progress) for observer in given):
        return given
    wanted = progress
    if wanted is None:
        wanted = in_notebook() or (sys.stdout is not None and screen.is_terminal(sys.stdout))
    return [Progress(), *given] if wanted else given
