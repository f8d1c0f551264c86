"""The progress that a command shows."""

import sys

from qlax.cli.translation import in_options
from qlax.observers import Observer, Progress


class ProgressInOptions(Progress):
    """Progress whose notes name options."""

    def note(self, topic: str, text: str) -> None:
        """Print it."""
        super().note(topic, in_options(text))


def watching(*, quiet: bool, as_json: bool = False) -> list[Observer]:
    """Return the observers of a command's training.

    Args:
        quiet: Whether nothing is to be shown.
        as_json: Whether the standard output is for JSON alone: progress is shown on the standard
            error then, where that is a terminal.
    """
    if quiet or (as_json and not sys.stderr.isatty()):
        return []
    return [ProgressInOptions(sys.stderr if as_json else None)]
