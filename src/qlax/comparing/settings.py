"""In which settings agents differ, as their `config.json` has them.

Read as plain JSON, so that agents with parts of the user's own, which no file can bring back, are
compared too, and nothing heavy is imported.
"""

from collections.abc import Sequence
from typing import Any


def differing(agents: Sequence[Any]) -> list[tuple[str, list[str]]]:
    """Return every field in which agents differ, with the value of each agent in words.

    A part of another kind is one field: what is inside two kinds of replay cannot be compared.

    Args:
        agents: The `agent` of each configuration, None for one that has none.
    """
    known = [agent for agent in agents if isinstance(agent, dict)]
    return list(_between(known, "")) if len(known) == len(agents) > 1 else []


def in_words(value: Any) -> str:
    """Return a setting as people write it: `Uniform(capacity=20000, …)` becomes `Uniform`."""
    if isinstance(value, dict):
        if "float" in value:
            return str(value["float"])
        kind = str(value.get("type") or value.get("custom") or "…").rpartition(".")[2]
        inside = [in_words(value[name]) for name in value if name not in ("type", "custom")]
        simple = [text for text in inside if text not in ("None", "…")]
        return f"{kind}({', '.join(simple)})" if 0 < len(simple) <= 4 else kind
    if isinstance(value, list):
        return "×".join(map(in_words, value)) or "none"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _between(values: Sequence[dict], above: str) -> Any:
    for name in dict.fromkeys(name for value in values for name in value):
        if name == "type":
            continue
        entries = [value.get(name) for value in values]
        if all(entry == entries[0] for entry in entries):
            continue
        kinds = {entry.get("type") if isinstance(entry, dict) else object() for entry in entries}
        if len(kinds) == 1:
            yield from _between(entries, f"{above}{name}.")  # type: ignore[arg-type]
        else:
            yield f"{above}{name}", [in_words(entry) for entry in entries]
