"""Monitor files, as Stable-Baselines3's `Monitor` and RL Zoo write them.

A line of JSON after `#` says when the environment began and which it is. Then comes a table with
a line for every episode: its return `r`, its length `l`, and when it ended, in seconds, `t`.
"""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from qlax.comparing.foreign.core import Log, NotALog
from qlax.comparing.trace import TRAINING, Axis, Line


def read_monitors(paths: Sequence[Path]) -> Log:
    """Return the training episodes of one run, which may have had several environments.

    Episodes of several are put in the order in which they ended, and their steps are counted
    together.

    Raises:
        NotALog: if a file is none of these.
    """
    found = [_read(path) for path in paths]
    returns, lengths, ends = np.concatenate([one[0] for one in found], axis=1)
    order = np.argsort(ends, kind="stable")
    axes: dict[Axis, np.ndarray] = {
        "steps": np.cumsum(lengths[order]),
        "seconds": ends[order] - min(one[1] for one in found),
    }
    env = next((one[2] for one in found if one[2]), None)
    return Log({TRAINING: Line(axes, returns[order])}, env)


def _read(path: Path) -> tuple[np.ndarray, float, str | None]:
    """Return a file's columns, `[3, episodes]`, when it began, and the environment."""
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        first = file.readline()
        try:
            head = json.loads(first.removeprefix("#"))
            began, env = float(head["t_start"]), head.get("env_id")
        except (ValueError, TypeError, KeyError, AttributeError):
            raise NotALog("its first line is not that of a monitor file") from None
        table = csv.DictReader(file)
        if not {"r", "l", "t"} <= set(table.fieldnames or ()):
            raise NotALog("it has no columns r, l and t")
        episodes = [row for row in map(_numbers, table) if row is not None]
    columns = np.asarray(episodes, np.float64).reshape(-1, 3).T
    columns[2] += began
    return columns, began, env if isinstance(env, str) and env != "None" else None


def _numbers(row: dict[str, str]) -> tuple[float, float, float] | None:
    """Return an episode; None for a line that was cut off."""
    try:
        return float(row["r"]), float(row["l"]), float(row["t"])
    except (ValueError, TypeError):
        return None
