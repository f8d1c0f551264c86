"""Printing on terminals and into pipes."""

import shutil
import sys
from typing import TextIO

from rich.console import Console

from qlax.wording import broken


def console() -> Console:
    """Return a console as wide as the terminal, or wide enough for any line in a pipe."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)


def say(topic: str, text: str) -> None:
    """Print a line of a summary: a topic and its text."""
    print(broken(f"{topic:<10}{text}", width_of(sys.stdout), indent=10))


def complain(text: str) -> None:
    """Print a sentence on the standard error, with qlax's name in front."""
    print(broken(f"qlax: {text}", width_of(sys.stderr), indent=6), file=sys.stderr)


def width_of(stream: TextIO) -> int | None:
    """Return a terminal's width; None if the stream is not a terminal."""
    return shutil.get_terminal_size().columns if stream.isatty() else None
