"""Errors that are no faults of qlax itself."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_LONGEST = 200


class UsageError(ValueError):
    """Something the user gave cannot work; the message names it, its value, and what would work.

    On the command line it is printed as one sentence and the exit code is 2.
    """


class EnvironmentFailure(RuntimeError):  # noqa: N818
    """The environment raised, or returned something that is not a valid transition.

    The run is checkpointed first; on the command line the exit code is 1.
    """

    loop_state: Any = None
    """The last good state of the loop, if one was under way."""
    iteration: int = 0
    """The iteration that failed."""


class Diverged(RuntimeError):  # noqa: N818
    """The loss is no longer a number. On the command line the exit code is 1."""


class DiskFull(OSError):  # noqa: N818
    """The disk is full: a file could not be written. What was written before is whole.

    Once there is, `resume` goes on. On the command line the exit code is 1.
    """


class Interrupted(Exception):  # noqa: N818
    """The user stopped training; it was checkpointed. On the command line the exit code is 130."""

    def __init__(self, path: Path, by: str = "resume") -> None:
        """Say how to go on.

        Args:
            path: The folder.
            by: What goes on with it: `resume` or `tune`.
        """
        given = f"out={str(path)!r}" if by == "tune" else repr(str(path))
        super().__init__(f"Stopped, and saved. Go on with qlax.{by}({given}).")
        self.path, self.by = path, by


def require(condition: bool, field: str, value: object, what_would_be_right: str) -> None:
    """Raise `UsageError` naming the field and its value unless `condition` holds."""
    if not condition:
        raise UsageError(f"{field} is {shown(value)}, but must be {what_would_be_right}.")


def shown(value: object) -> str:
    """Return a value as messages show it: its repr in one line, cut if it is long."""
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return "Did you mean …?" with the known names closest to `name`, else `otherwise`."""
    lowered = {candidate.lower(): candidate for candidate in known}
    matches = difflib.get_close_matches(name.lower(), lowered, n=3, cutoff=0.6)
    if not matches:
        return otherwise
    return f"Did you mean {' or '.join(lowered[match] for match in matches)}?"
