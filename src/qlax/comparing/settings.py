"""In which settings agents differ, as their `config.json` has them.

Read as plain JSON, so that agents with parts of the user's own, which no file can bring back, are
compared too, and nothing heavy is imported.
"""

from collections.abc import Sequence
from typing import Any

_MOST_INSIDE = 3
"""Entries of a part that are told in words."""


def differing(agents: Sequence[Any]) -> list[tuple[str, list[str]]]:
    """Return every field in which agents differ, with the value of each agent in words.

    A part of another kind is one field: what is inside two kinds of replay cannot be compared.

    Args:
        agents: The `agent` of each configuration, None for one that has none.
    """
    known = [agent for agent in agents if isinstance(agent, dict)]
    return list(_between(known, "")) if len(known) == len(agents) > 1 else []


def in_words(value: Any) -> str:
    """Return a setting as people write it: `C51(atoms 51, low 0, high 100)`, `1 to 0.05`."""
    if isinstance(value, dict):
        return _part_in_words(value)
    if isinstance(value, list):
        return "×".join(map(in_words, value)) or "none"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _part_in_words(part: dict) -> str:
    """Return the kind of a part with its own numbers and words; of a schedule how it goes."""
    if "float" in part:
        return str(part["float"])
    if {"start", "end", "steps"} <= part.keys():
        ends = f"{in_words(part['start'])} to {in_words(part['end'])}"
        return ends if part["steps"] is None else f"{ends} in {in_words(part['steps'])} steps"
    kind = str(part.get("type") or part.get("custom") or "a part").rpartition(".")[2]
    inside = [
        f"{name.replace('_', ' ')} {in_words(value)}"
        for name, value in part.items()
        if name not in ("type", "custom") and value is not None and _is_simple(value)
    ]
    if len(inside) > _MOST_INSIDE:
        inside = [*inside[: _MOST_INSIDE - 1], "…"]
    return f"{kind}({', '.join(inside)})" if inside else kind


def _is_simple(value: Any) -> bool:
    """Return whether a setting is a number, a word, or a schedule of numbers."""
    return not isinstance(value, dict) or "start" in value or "float" in value


def _between(values: Sequence[dict], above: str) -> Any:
    for name in dict.fromkeys(name for value in values for name in value):
        if name == "type":
            continue
        entries = [value.get(name) for value in values]
        if all(entry == entries[0] for entry in entries):
            continue
        parts = [entry for entry in entries if isinstance(entry, dict)]
        kinds = {str(entry.get("type")) for entry in parts}
        if len(parts) == len(entries) and len(kinds) == 1:
            yield from _between(entries, f"{above}{name}.")  # type: ignore[arg-type]
        else:
            yield f"{above}{name}", [in_words(entry) for entry in entries]
