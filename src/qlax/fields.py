"""Fields of an agent by their dotted paths: `replay.capacity`, `explorer.epsilon.end`."""

import copy
import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from qlax import config

T = TypeVar("T")


def entry_at(part: Any, path: str) -> Any:
    """Return what the field at a path holds."""
    for name in path.split("."):
        part = getattr(part, name)
    return part


def exchanged(part: T, path: str, new: Any) -> T:
    """Return a copy with the entry at a path exchanged, whether it fits or not."""
    head, _, rest = path.partition(".")
    changed = copy.copy(part)  # which makes no new part, and so checks nothing
    entry = exchanged(getattr(part, head), rest, new) if rest else new
    object.__setattr__(changed, head, entry)
    return changed


def all_exchanged(part: T, entries: Mapping[str, Any]) -> T:
    """Return a copy with the entries at several paths exchanged; parts before what is in them."""
    for path in sorted(entries, key=lambda path: path.count(".")):
        part = exchanged(part, path, entries[path])
    return part


def checked(part: Any) -> Any:
    """Return the part made anew from parts made anew, which checks them all.

    Raises:
        UsageError: if it cannot be.
    """
    inner = {entry.name: getattr(part, entry.name) for entry in config.fields_of(part)}
    made = {name: checked(value) for name, value in inner.items() if config.is_part(value)}
    return dataclasses.replace(part, **made)
