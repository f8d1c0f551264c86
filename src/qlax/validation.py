"""Every field of a part is held to its type when the part is made."""

import dataclasses
import functools
import numbers
import sys
import types
import typing
from collections.abc import Hashable
from typing import Any

import numpy as np

from qlax.errors import require
from qlax.maths.counting import MOST


def check_types(part: Any) -> None:
    """Raise `UsageError` for the first field whose value does not fit its annotation.

    Whole numbers must be whole and not beyond int32, numbers finite, choices among their `Literal`,
    and parts must have the methods of their protocol. A list where a tuple belongs becomes one, and
    NumPy's numbers become Python's, which can be written down.
    """
    hints = _hints(part.__class__)
    for entry in dataclasses.fields(part):
        given, hint = getattr(part, entry.name), hints[entry.name]
        value = _plain(tuple(given) if isinstance(given, list) and _takes_tuple(hint) else given)
        if value is not given:
            object.__setattr__(part, entry.name, value)
        if not _fits(value, hint):
            require(False, f"{type(part).__name__}.{entry.name}", value, _described(hint))
        if isinstance(value, int):
            within = -MOST <= value <= MOST
            require(within, f"{type(part).__name__}.{entry.name}", value, f"at most {MOST:,}")


def takes(part: Any, field: str, value: Any) -> bool:
    """Return whether a field of a dataclass may hold a value, by its type."""
    try:
        return _fits(value, _hints(part.__class__)[field])
    except (NameError, TypeError):  # the types of somebody's own may not be known to us
        return True


@functools.cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _takes_tuple(hint: Any) -> bool:
    return any(typing.get_origin(arm) is tuple for arm in (hint, *typing.get_args(hint)))


def _plain(value: Any) -> Any:
    """Return NumPy's numbers, also those in a tuple, as Python's; anything else as it is."""
    if isinstance(value, tuple):
        entries = [_plain(entry) for entry in value]
        same = all(new is old for new, old in zip(entries, value, strict=True))
        return value if same else tuple(entries)
    return value.item() if isinstance(value, np.number) else value


def _fits(value: Any, hint: Any) -> bool:
    origin, arms = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, arm) for arm in arms)
    if origin is typing.Literal:
        return value in arms
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(entry, arms[0]) for entry in value)
    if hint is int:
        return isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if hint is float:
        is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        return is_number and abs(value) <= sys.float_info.max
    return isinstance(value, hint) and not isinstance(value, type)


def _described(hint: Any) -> str:
    origin, arms = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_described(arm) for arm in arms)
    if origin is typing.Literal:
        return f"one of {arms}"
    if origin is tuple:
        return f"a tuple, each entry {_described(arms[0])}"
    names = {int: "a whole number", float: "a finite number", type(None): "None"}
    return names.get(hint) or f"{_article(hint.__name__)} {hint.__name__}"


def _article(name: str) -> str:
    return "an" if name[0] in "AEIOU" else "a"
