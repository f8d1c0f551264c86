"""The two ways a run can go wrong that are not faults of qlax itself."""

import difflib
from collections.abc import Iterable


class UsageError(ValueError):
    """Something the user gave cannot work; the message says what, its value, and what would.

    On the command line it is printed as one sentence and the exit code is 2.
    """


class EnvironmentFailure(RuntimeError):
    """The environment raised, or returned something that is not a valid transition.

    On the command line the run is checkpointed first, and the exit code is 1.
    """


def require(condition: bool, field: str, value: object, what_would_be_right: str) -> None:
    """Raise `UsageError` naming the field and its value unless `condition` holds."""
    if not condition:
        raise UsageError(f"{field} is {value!r}, but must be {what_would_be_right}.")


def nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return "Did you mean …?" with the known names closest to `name`, else `otherwise`."""
    lowered = {candidate.lower(): candidate for candidate in known}
    matches = difflib.get_close_matches(name.lower(), lowered, n=3, cutoff=0.5)
    if not matches:
        return otherwise
    return f"Did you mean {' or '.join(lowered[match] for match in matches)}?"
