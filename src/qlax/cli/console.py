"""Where the commands print."""

import sys

from rich.console import Console


def console() -> Console:
    """Return the terminal, as wide as it is; in a pipe, lines are as long as they are."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)
