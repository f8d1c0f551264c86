"""Where the commands print."""

import shutil
import sys
from typing import TextIO

from rich.console import Console

from qlax.wording import broken


def console() -> Console:
    """Return the terminal, as wide as it is; in a pipe, lines are as long as they are."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)


def say(topic: str, text: str) -> None:
    """Print a line of a summary: what it is about, and what there is to say."""
    print(broken(f"{topic:<10}{text}", width_of(sys.stdout), indent=10))


def complain(text: str) -> None:
    """Print a sentence to the standard error, as one of qlax's."""
    print(broken(f"qlax: {text}", width_of(sys.stderr), indent=6), file=sys.stderr)


def width_of(stream: TextIO) -> int | None:
    """Return how wide a terminal is; None for what is none."""
    return shutil.get_terminal_size().columns if stream.isatty() else None
