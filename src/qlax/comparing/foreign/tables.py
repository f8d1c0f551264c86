"""Tables of logged numbers: CSV, JSON and lines of JSON, with columns known by their names."""

import csv
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from qlax.comparing.foreign.core import (
    SECONDS,
    STEPS,
    UPDATES,
    Columns,
    Log,
    NotALog,
    find,
    known_among,
)
from qlax.comparing.trace import Axis, Line

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson")


def read_table(path: Path, columns: Columns) -> Log:
    """Return the columns of a table; returns and steps go by the usual names, or those given.

    Raises:
        NotALog: if it is no table, or does not say which column holds steps.
    """
    try:
        rows = _csv(path) if path.suffix.lower() in (".csv", ".tsv") else _json(path)
    except (ValueError, OSError, csv.Error, RecursionError) as error:
        raise NotALog(f"it is damaged ({error})") from None
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        raise NotALog("it has no columns with names")
    values = {name: np.asarray([_number(row.get(name)) for row in rows]) for name in names}
    lowered = {name.lower(): name for name in names}
    steps = columns.steps if columns.steps is not None else find(lowered, STEPS)
    if steps not in values:
        raise NotALog(
            f"none of its columns is known to hold steps: name one of {', '.join(names[:12])}"
        )
    others: dict[Axis, str | None] = {
        "updates": find(lowered, UPDATES),
        "seconds": find(lowered, SECONDS),
    }
    axes: dict[Axis, np.ndarray] = {"steps": values[steps]}
    axes |= {axis: values[name] for axis, name in others.items() if name is not None}
    if "seconds" in axes and axes["seconds"].size:  # a clock may not begin at 0
        clock = axes["seconds"]
        axes["seconds"] = clock - (np.nanmin(clock) if np.nanmin(clock) > 1e8 else 0.0)
    renamed = {name: kind for kind, name in known_among(names, columns).items()}
    lines = {
        renamed.get(name, name): Line(axes, values[name])
        for name in names
        if name != steps and np.isfinite(values[name]).any()
    }
    return Log(lines, names=tuple(names))


def _csv(path: Path) -> list[dict[str, Any]]:
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        table = csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        return [{key: row[key] for key in row if key is not None} for row in table]


def _json(path: Path) -> list[dict[str, Any]]:
    """Return rows: a list of dicts, a dict of lists, or a dict a line."""
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        document = json.loads(text)
    except ValueError:
        document = [row for row in map(_line, text.splitlines()) if row is not None]
    if isinstance(document, dict):
        lists = {name: value for name, value in document.items() if isinstance(value, list)}
        if not lists:
            return [_flat(document)]
        longest = max(map(len, lists.values()))
        return [
            {name: value[at] for name, value in lists.items() if at < len(value)}
            for at in range(longest)
        ]
    if isinstance(document, list):
        return [_flat(row) for row in document if isinstance(row, dict)]
    raise NotALog("it is no table")


def _line(text: str) -> Any:
    """Return a line of JSON; None for one that is empty or cut off."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _flat(row: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Return a row with `env_runners/episode_return_mean` for what is nested."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{above}{name}/")
        else:
            found[above + name] = value
    return found


def _number(value: Any) -> float:
    """Return a number as float; NaN for what is none."""
    try:
        return math.nan if value is None else float(value)
    except (ValueError, TypeError, OverflowError):
        return math.nan
