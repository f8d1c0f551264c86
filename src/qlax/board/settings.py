"""The settings of runs side by side, and where they differ.

It is what `qlax.differences` says of two agents, for any number of runs, and read from their
configurations alone: no part is made, so it takes no JAX and works for parts of a user's own.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

_ABOVE_AGENT = ("env", "env_kwargs", "agent_name", "steps", "seed", "backend", "versions")
_ABSENT = "none"


class Setting(NamedTuple):
    """A field, and its value in each run."""

    field: str
    """Its path, such as `replay.capacity`."""
    values: list[str]
    """As people read them, one for each run."""
    differs: bool
    """Whether they are not all the same."""


def side_by_side(configs: Sequence[dict[str, Any]]) -> list[Setting]:
    """Return every setting of some runs; what is inside parts of different kinds is one setting."""
    above = [{name: config.get(name) for name in _ABOVE_AGENT} for config in configs]
    settings: list[Setting] = []
    _compare(above, "", settings)
    _compare([config.get("agent") for config in configs], "", settings)
    return settings


def _compare(values: list[Any], path: str, settings: list[Setting]) -> None:
    """Add a setting, or those inside it where all are parts of one kind."""
    first = values[0]
    if all(isinstance(value, dict) for value in values):
        kinds = {_kind(value) for value in values}
        names = list(dict.fromkeys(name for value in values for name in value))
        inside = [name for name in names if name not in ("type", "custom")]
        if len(kinds) == 1 and "float" not in first:
            if path and _kind(first) != "":
                settings.append(_setting(path, [_kind(value) for value in values]))
            for name in inside:
                entries = [value.get(name) for value in values]
                _compare(entries, f"{path}.{name}" if path else name, settings)
            return
    settings.append(_setting(path, [text_of(value) for value in values]))


def _setting(path: str, values: list[str]) -> Setting:
    return Setting(path, values, len(set(values)) > 1)


def _kind(value: dict[str, Any]) -> str:
    """Return the name of a part's class, as people write it; empty if a dict is no part."""
    name = value.get("type", value.get("custom", ""))
    return str(name).rpartition(".")[2]


def text_of(value: Any) -> str:
    """Return a value as people read it: `MLP(hidden=(64, 64))`, `50,000`."""
    if value is None:
        return _ABSENT
    if isinstance(value, dict):
        if set(value) == {"float"}:
            return str(value["float"])
        entries = [f"{name}={text_of(entry)}" for name, entry in value.items() if name != "type"]
        return f"{_kind(value)}({', '.join(entries)})" if "type" in value else ", ".join(entries)
    if isinstance(value, list):
        inside = ", ".join(map(text_of, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value)
