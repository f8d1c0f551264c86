"""The metrics of a run as lines of JSON."""

from qlax.observers.core import Beginning, Observer, Report
from qlax.runs import folder


class MetricsFile(Observer):
    """Writes a row of `metrics.jsonl` in each seed's folder for every report.

    When a run goes on from a checkpoint, rows that are newer than it go.
    """

    is_essential = True

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
            folder.append_metrics(member.folder, row)
