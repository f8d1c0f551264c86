"""Configurations as text: reprs that can be pasted back, JSON that can be read back, overrides.

A configuration is a tree of frozen dataclasses. Reading one never executes code from it: only
qlax's own dataclasses are looked up, by the name of a public module and a class in it.
"""

import dataclasses
import importlib
from typing import Any

from qlax.errors import UsageError

# The modules whose dataclasses a configuration may name.
PART_MODULES = (
    "agent",
    "bootstraps",
    "explorers",
    "heads",
    "networks",
    "observations",
    "optimizers",
    "replay",
    "rewards",
    "schedules",
    "spaces",
    "targets",
)


def fields_of(value: Any) -> list[tuple[str, Any]]:
    """Return the names and values that make up a part (a Flax module's own bookkeeping aside)."""
    hidden = {"parent", "name"} if _is_flax_module(value) else set()
    return [
        (entry.name, getattr(value, entry.name))
        for entry in dataclasses.fields(value)
        if entry.init and entry.name not in hidden
    ]


def pasteable(value: Any) -> str:
    """Return source text that makes an equal value; a part is named as it is after `qlax.`."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        inside = ", ".join(f"{name}={pasteable(entry)}" for name, entry in fields_of(value))
        return f"{_public_name(value) or type(value).__qualname__}({inside})"
    if isinstance(value, tuple):
        entries = ", ".join(map(pasteable, value))
        return f"({entries},)" if len(value) == 1 else f"({entries})"
    return repr(value)


def to_json(value: Any) -> Any:
    """Return a configuration as plain dicts, lists and scalars."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        name = _public_name(value)
        kind = {"type": name} if name else {"custom": type(value).__qualname__}
        return kind | {field: to_json(entry) for field, entry in fields_of(value)}
    if isinstance(value, tuple | list):
        return [to_json(entry) for entry in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return {"custom": repr(value)}


def from_json(document: Any, where: str = "configuration") -> Any:
    """Return the value that `to_json` described.

    Raises:
        UsageError: if it names something that is not a public dataclass of qlax, such as a part
            of the user's own: those must be given again, in Python.
    """
    if isinstance(document, list):
        return tuple(from_json(entry, where) for entry in document)
    if not isinstance(document, dict):
        return document
    if "custom" in document:
        raise UsageError(
            f"The {where} holds a part of your own, {document['custom']}: qlax never imports "
            "code that a file names, so give the agent in Python: qlax.load(path, agent=…) or "
            "qlax.resume(path, agent=…)."
        )
    kind = _public_class(document.get("type"))
    if kind is None:
        raise UsageError(f"The {where} names {document.get('type')!r}, which is no part of qlax.")
    try:
        return kind(
            **{name: from_json(entry, where) for name, entry in document.items() if name != "type"}
        )
    except TypeError as error:
        raise UsageError(f"The {where} does not fit {document['type']}: {error}.") from None


def replace_at(value: Any, path: str, new: Any) -> Any:
    """Return the configuration with the entry at a dotted path exchanged."""
    head, _, rest = path.partition(".")
    entry = replace_at(getattr(value, head), rest, new) if rest else new
    return dataclasses.replace(value, **{head: entry})


def _public_class(name: object) -> type | None:
    """Return the dataclass a public name stands for, or None."""
    if not isinstance(name, str) or name.count(".") > 1:
        return None
    module_name, _, class_name = name.rpartition(".")
    if module_name == "" and class_name == "Agent":
        module_name = "agent"
    if module_name not in PART_MODULES:
        return None
    found = getattr(importlib.import_module(f"qlax.{module_name}"), class_name, None)
    return found if isinstance(found, type) and dataclasses.is_dataclass(found) else None


def _public_name(value: Any) -> str | None:
    """Return `module.Class` for a part of qlax that can be found again by it, else None."""
    kind = type(value)
    package, _, inner = kind.__module__.partition(".")
    if package != "qlax":
        return None
    module = inner.split(".")[0]
    name = kind.__qualname__ if module == "agent" else f"{module}.{kind.__qualname__}"
    return name if _public_class(name) is kind else None


def _is_flax_module(value: Any) -> bool:
    return any(base.__module__ == "flax.linen.module" for base in type(value).__mro__)
