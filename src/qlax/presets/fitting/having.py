"""What a part can be told: the settings that it has, by the names of its fields.

A part of a user's own is a frozen dataclass like ours and inherits from nothing. It is fitted to an
environment by the fields it has: a replay with a `capacity` remembers, one with a `batch_size` is
told how many to draw, a head with `low` and `high` is told between which returns to look.
"""

import dataclasses
from typing import Any

from qlax.validation import takes


def has(part: Any, *fields: str) -> bool:
    """Return whether a part is a dataclass with all these fields."""
    if not dataclasses.is_dataclass(part) or isinstance(part, type):
        return False
    return set(fields) <= {entry.name for entry in dataclasses.fields(part) if entry.init}


def told(part: Any, **settings: Any) -> Any:
    """Return the part with those of the settings that it has a field for.

    A field whose type does not admit the value, a schedule where only a number is taken, keeps
    its own.
    """
    taken = {
        name: value
        for name, value in settings.items()
        if has(part, name) and takes(part, name, value)
    }
    return dataclasses.replace(part, **taken) if taken else part
