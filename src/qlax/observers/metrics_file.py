"""The metrics of a run as lines of JSON."""

import contextlib
from pathlib import Path

from qlax.observers.core import Beginning, Ended, Observer, Report
from qlax.runs import folder


class MetricsFile(Observer):
    """Writes a row of `metrics.jsonl` in each seed's folder for every report.

    When a run goes on from a checkpoint, rows that are newer than it go.
    """

    is_essential = True

    def __init__(self) -> None:
        self._opened = contextlib.ExitStack()
        self._files: dict[Path, folder.MetricsAppender] = {}

    def begin(self, event: Beginning) -> None:
        """Remember where the run goes on from; nothing is written before training starts."""
        self._beginning: Beginning | None = event

    def advance(self, env_steps: int) -> None:  # noqa: ARG002
        """Drop rows that are newer than the checkpoint, once."""
        if self._beginning is not None:
            for member in self._beginning.members:
                folder.keep_metrics_until(member.folder, self._beginning.env_steps)
            self._beginning = None

    def report(self, event: Report) -> None:
        """Add a row."""
        for member, row in zip(event.members, event.rows, strict=True):
            if member.folder not in self._files:
                file = folder.MetricsAppender(member.folder)
                self._files[member.folder] = self._opened.enter_context(file)
            self._files[member.folder].append(row)

    def end(self, event: Ended) -> None:  # noqa: ARG002
        """Close the files."""
        self._close()

    def failure(self, error: BaseException) -> None:  # noqa: ARG002
        """Close the files."""
        self._close()

    def _close(self) -> None:
        self._files.clear()
        self._opened.close()
