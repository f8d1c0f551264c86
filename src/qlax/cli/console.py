"""Where the commands print."""

import sys

from rich.console import Console

from qlax.wording import broken


def console() -> Console:
    """Return the terminal, as wide as it is; in a pipe, lines are as long as they are."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)


def say(topic: str, text: str) -> None:
    """Print a line of a summary: what it is about, and what there is to say."""
    print(broken(f"{topic:<10}{text}", sys.stdout, indent=10))


def complain(text: str) -> None:
    """Print what is wrong to the standard error, as one of qlax's."""
    print(broken(f"qlax: {text}", sys.stderr, indent=6), file=sys.stderr)
