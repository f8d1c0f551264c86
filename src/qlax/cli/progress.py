"""The progress that a command shows."""

from qlax.cli.translation import in_options
from qlax.observers import Observer, Progress


class ProgressInOptions(Progress):
    """Progress whose notes name options."""

    def note(self, topic: str, text: str) -> None:
        """Print it."""
        super().note(topic, in_options(text))


def watching(*, quiet: bool) -> list[Observer]:
    """Return the observers of a command's training."""
    return [] if quiet else [ProgressInOptions()]
