"""Configurations as text: reprs that can be pasted back, JSON that can be read back, overrides.

A configuration is a tree of frozen dataclasses. Reading one never executes code from it: only
qlax's own dataclasses are looked up, by the name of a public module and a class in it.
"""

import dataclasses
import importlib
import math
import types
from typing import Any, TypeVar

from qlax.errors import UsageError

T = TypeVar("T")

# The modules whose dataclasses a configuration may name.
PART_MODULES = (
    "actions",
    "agent",
    "bootstraps",
    "explorers",
    "heads",
    "layers",
    "memories",
    "networks",
    "observations",
    "optimizers",
    "replay",
    "rewards",
    "schedules",
    "spaces",
    "targets",
)


def fields_of(value: Any) -> list[dataclasses.Field]:
    """Return the fields that make up a part (a Flax module's own bookkeeping aside)."""
    hidden = {"parent", "name"} if _is_flax_module(value) else set()
    return [entry for entry in dataclasses.fields(value) if entry.init and entry.name not in hidden]


def pasteable(value: Any) -> str:
    """Return source text that makes an equal value, leaving out what is as by default.

    Parts are written as after `from qlax import *`: `Agent(network=networks.MLP(hidden=(24, 24)))`.
    """
    if is_part(value):
        inside = ", ".join(
            f"{entry.name}={pasteable(getattr(value, entry.name))}"
            for entry in fields_of(value)
            if not is_default(entry, getattr(value, entry.name))
        )
        return f"{_public_name(value) or type(value).__qualname__}({inside})"
    if isinstance(value, tuple):
        entries = ", ".join(map(pasteable, value))
        return f"({entries},)" if len(value) == 1 else f"({entries})"
    return _shown(value)


def to_json(value: Any) -> Any:
    """Return a configuration as plain dicts, lists and scalars."""
    if is_part(value):
        name = _public_name(value)
        kind = {"type": name} if name else {"custom": type(value).__qualname__}
        entries = fields_of(value)
        return kind | {entry.name: to_json(getattr(value, entry.name)) for entry in entries}
    if isinstance(value, tuple | list):
        return [to_json(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}  # JSON has no infinity
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return {"custom": _shown(value)}


def name_of_function(function: Any) -> str:
    """Return what a function is called: of one that another makes, such as optax's, that one."""
    package = str(getattr(function, "__module__", "")).partition(".")[0]
    made_by = str(getattr(function, "__qualname__", type(function).__name__))
    return f"{package}.{made_by.partition('.<locals>')[0]}".removeprefix("__main__.")


def _shown(value: Any) -> str:
    return name_of_function(value) if isinstance(value, types.FunctionType) else repr(value)


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
    if set(document) == {"float"}:
        if document["float"] not in _NOT_FINITE:
            raise UsageError(f"The {where} holds {document['float']!r}, which is no number.")
        return float(document["float"])
    if "custom" in document:
        raise UsageError(
            f"The {where} holds a part of your own, {document['custom']}: qlax never imports "
            "code that a file names, so give the agent in Python: qlax.load(path, agent=…) or "
            "qlax.resume(path, agent=…)."
        )
    kind = _public_class(document.get("type"))
    if kind is None:
        raise UsageError(f"The {where} names {document.get('type')!r}, which is no part of qlax.")
    name = document["type"]
    known = {entry.name: entry for entry in dataclasses.fields(kind) if entry.init}
    for field in document.keys() - {"type"}:
        if field not in known:
            raise UsageError(f"The {where} gives {name} {field!r}, which it does not have.")
    given = {field: from_json(entry, where) for field, entry in document.items() if field != "type"}
    for field, entry in known.items():
        needed = entry.default is entry.default_factory is dataclasses.MISSING
        if needed and field not in given:
            raise UsageError(f"The {where} lacks {field!r} of {name}.")
    try:
        return kind(**given)
    except UsageError as error:
        raise UsageError(f"The {where} cannot be right: {error}") from None
    except (TypeError, AttributeError, ArithmeticError, LookupError, ValueError) as error:
        raise UsageError(f"The {where} does not fit {name}: {error}.") from None


_NOT_FINITE = ("inf", "-inf", "nan")


def part_from_json(document: Any, kind: type[T], where: str) -> T:
    """Return the value that `to_json` described, which must be of a kind.

    Raises:
        UsageError: as `from_json`, or if it is of another.
    """
    value = from_json(document, where)
    if not isinstance(value, kind):
        raise UsageError(f"The {where} describes no {kind.__name__}.")
    return value


def is_part(value: Any) -> bool:
    """Return whether a value is an instance of a dataclass, and so a tree of named entries."""
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def part_classes(slot: str) -> dict[str, type]:
    """Return the public dataclasses of a module of parts by name, such as those of `explorers`."""
    module = importlib.import_module(f"qlax.{slot}")
    return {
        name: found
        for name, found in vars(module).items()
        if is_part_class(found)
        and found.__module__.startswith(f"qlax.{slot}")
        and not name.startswith("_")
    }


def is_default(entry: dataclasses.Field, value: Any) -> bool:
    """Return whether a field holds what it holds by default."""
    if entry.default is not dataclasses.MISSING:
        default = entry.default
    elif entry.default_factory is not dataclasses.MISSING:
        default = entry.default_factory()
    else:
        return False
    return type(value) is type(default) and bool(value == default)


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
    return found if is_part_class(found) else None


def is_part_class(found: Any) -> bool:
    """Return whether something is a dataclass of configuration, and not one of arrays."""
    is_dataclass = isinstance(found, type) and dataclasses.is_dataclass(found)
    return is_dataclass and not any(base.__module__ == "qlax.pytree" for base in found.__mro__)


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
