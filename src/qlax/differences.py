"""In what two agents differ: field by field, to be read by people."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from qlax import config

_LONG_NUMBER = re.compile(r"(?<![\d.])\d{5,}(?![\d.])")
_MODULES = re.compile(rf"\b(?:{'|'.join(config.PART_MODULES)})\.(?=[A-Z])")


class Difference(NamedTuple):
    """A field that two agents have different values in."""

    field: str
    """Its path in an agent, such as `replay.capacity`."""
    before: str
    """What it is in the first agent, as source text."""
    after: str
    """What it is in the second."""


def differences(before: Any, after: Any) -> tuple[Difference, ...]:
    """Return every field that differs between two agents; a part of another kind is one field."""
    return tuple(_between(before, after, ""))


def still_there(found: Iterable[Difference], agent: Any) -> tuple[Difference, ...]:
    """Return those of the differences whose second value an agent has."""
    return tuple(entry for entry in found if _text_at(agent, entry.field) == entry.after)


def by_part(found: Iterable[Difference]) -> Iterator[str]:
    """Return a line for every part that differs: `replay: n_step 5 → 10, batch_size 64 → 32`.

    What belongs to no part has a line together.
    """
    lines: dict[str, list[str]] = {}
    alone = []
    for entry in found:
        part, _, field = entry.field.partition(".")
        values = _for_people(f"{entry.before} → {entry.after}")
        if field:
            lines.setdefault(part, []).append(f"{field} {values}")
        elif "(" in values:
            lines.setdefault(part, []).append(values)
        else:
            alone.append(f"{part} {values}")
    for part, entries in lines.items():
        yield f"{part}: {', '.join(entries)}"
    if alone:
        yield ", ".join(alone)


def _between(before: Any, after: Any, path: str) -> Iterator[Difference]:
    for entry in config.fields_of(before):
        one, other = getattr(before, entry.name), getattr(after, entry.name)
        where = f"{path}{entry.name}"
        if config.is_part(one) and type(one) is type(other):
            yield from _between(one, other, f"{where}.")
        elif one != other:
            yield Difference(where, config.pasteable(one), config.pasteable(other))


def _for_people(source: str) -> str:
    """Return source text without the names of modules, and with commas in long numbers."""
    return _LONG_NUMBER.sub(lambda found: f"{int(found[0]):,}", _MODULES.sub("", source))


def _text_at(agent: Any, field: str) -> str | None:
    """Return the value at a path as source text; None if there is no such field."""
    value = agent
    for name in field.split("."):
        if not hasattr(value, name):
            return None
        value = getattr(value, name)
    return config.pasteable(value)
