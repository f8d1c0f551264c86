"""The number of the format of each file, raised when the file of an older qlax can not be read."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from qlax._version import __version__
from qlax.errors import UsageError

POLICY, CHECKPOINT, CONFIG, METRICS, PLAYS, LEARNER = 1, 1, 1, 1, 1, 1


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


PLAIN: dict[Any, Callable[[Any], bool]] = {
    int: _is_whole,
    int | None: lambda value: value is None or _is_whole(value),
    str: lambda value: isinstance(value, str),
    bool: lambda value: isinstance(value, bool),
    Mapping[str, Any]: lambda value: isinstance(value, dict),
}
"""What a field of a plan or a configuration may hold in a file, by its type."""


def require_format(document: Any, number: int, where: str | Path) -> None:
    """Raise `UsageError` with what to do if a file is not in the format that is read here.

    Args:
        document: What the file holds; what has no number is older than all numbers.
        number: Of the format that is read.
        where: The file's name.
    """
    found = document.get("format", 0) if isinstance(document, dict) else 0
    numbered = isinstance(found, int) and not isinstance(found, bool)
    if numbered and found == number:
        return
    if numbered and found > number:
        raise UsageError(
            f"{where} has format {found} and was written by a newer qlax than {__version__}, which "
            f"reads format {number}: update it by `pip install --upgrade qlax`."
        )
    writer = _writer(document)
    onward = (
        f"install the qlax that wrote it by `pip install qlax=={writer}`, or train again"
        if writer not in (None, __version__)
        else "train again"
    )
    raise UsageError(
        f"{where} has an older format than qlax {__version__} reads ({found} instead of {number}): "
        f"{onward}."
    )


def _writer(document: Any) -> str | None:
    """Return the version that wrote a document, if it says so."""
    versions = document.get("versions", document) if isinstance(document, dict) else {}
    version = versions.get("qlax") if isinstance(versions, dict) else None
    return version if isinstance(version, str) else None
