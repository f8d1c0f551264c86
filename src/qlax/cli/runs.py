"""`qlax runs`: what there is, newest first."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from qlax.cli.console import complain, print_json, width_of
from qlax.runs.listing import Entry, entries
from qlax.runs.saved import Unreadable, runs_in
from qlax.wording import mean_of, significant

_USUAL = Path("runs")
_MOST_DAMAGED = 10


_COLUMNS = ("when", "environment", "agent", "seeds", "steps", "result", "folder")
_NUMBERS = ("steps",)
_BY_IMPORTANCE = ("folder", "result", "environment", "agent", "when", "seeds", "steps")
"""Columns from which the last ones are left out where the terminal is narrow."""
_WHERE_FOLDERS_TELL = ("folder", "result", "when", "environment", "agent", "seeds", "steps")
"""The same, where the folders' names say what they hold."""


def print_runs(folders: tuple[Path, ...], *, as_json: bool) -> None:
    """Print the runs in some folders, and what cannot be read.

    Raises:
        UsageError: if a folder that was named is not there, or holds nothing like a run.
    """
    are_none = not folders and not _USUAL.is_dir()
    found, damaged = runs_in(() if are_none else folders or (_USUAL,))
    listed = entries(found)
    if as_json:
        unreadable = [{"folder": str(one.folder), "why": one.why} for one in damaged]
        print_json({"runs": [entry.as_json() for entry in listed], "unreadable": unreadable})
        return
    if not listed and not damaged:
        print("There are no runs here yet: `qlax train ENV` writes its own into `runs`.")
        return
    for line in _lines(listed, width_of(sys.stdout)):
        print(line)
    _tell_of(damaged)


def _tell_of(damaged: list[Unreadable]) -> None:
    """Name the folders that cannot be read, below the list."""
    for one in damaged[:_MOST_DAMAGED]:
        complain(f"{one.folder} cannot be read: {one.why}")
    if len(damaged) > _MOST_DAMAGED:
        complain(f"{len(damaged) - _MOST_DAMAGED} more cannot be read; --json names them all.")


def _lines(listed: list[Entry], width: int | None) -> list[str]:
    """Return the list as lines: in columns as far as there is room, folders below if need be."""
    if not listed:
        return []
    now = time.time()
    rows = [_cells(entry, now) for entry in listed]
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in _COLUMNS}
    folders_tell = all(
        entry.first.env.rpartition("/")[2] in str(entry.folder)
        and entry.first.agent in str(entry.folder)
        for entry in listed
    )
    shown = _fitting(widths, _WHERE_FOLDERS_TELL if folders_tell else _BY_IMPORTANCE, width)
    lines = [_line({name: name for name in _COLUMNS}, widths, shown)]
    for row in rows:
        lines.append(_line(row, widths, shown))
        if "folder" not in shown:
            lines.append(f"  {row['folder']}")
    return lines


def _fitting(widths: dict[str, int], names: Sequence[str], width: int | None) -> list[str]:
    """Return the columns that there is room for, the first of the names first, in their order."""
    if width is None:
        return list(_COLUMNS)
    if widths["folder"] + 2 + widths["result"] > width:  # the folder gets a line of its own
        names = [name for name in names if name != "folder"]
    room, found = width + 2, []
    for name in names:
        room -= widths[name] + 2
        if room < 0:
            break
        found.append(name)
    return [name for name in _COLUMNS if name in found] or ["result"]


def _line(cells: dict[str, str], widths: dict[str, int], shown: list[str]) -> str:
    aligned = [
        f"{cells[name]:>{widths[name]}}" if name in _NUMBERS else f"{cells[name]:<{widths[name]}}"
        for name in shown
    ]
    return "  ".join(aligned).rstrip()


def _cells(entry: Entry, now: float) -> dict[str, str]:
    """Return what each column says of a run."""
    return {
        "when": _ago(now - entry.first.began),
        "environment": entry.first.env,
        "agent": entry.first.agent,
        "seeds": _seeds(entry.seeds),
        "steps": f"{entry.env_steps:,}",
        "result": _result(entry),
        "folder": str(entry.folder),
    }


def _result(entry: Entry) -> str:
    """Return what came of a run, or how far it is, in a few words."""
    if entry.status == "failed":
        return f"failed: {entry.failure}"
    if entry.status != "finished":
        share = f"{min(entry.env_steps / max(entry.first.steps, 1), 1.0):.0%}"
        latest = "" if entry.latest is None else f", return {entry.latest:,.4g}"
        return f"{'running' if entry.status == 'running' else 'stopped'} at {share}{latest}"
    if entry.mean is None:
        return "not evaluated"
    seeds = len(entry.runs)
    if seeds == 1:
        evaluation = entry.first.evaluation or {}
        shown = mean_of(entry.mean, entry.spread or 0.0, int(evaluation.get("episodes", 1)))
    else:
        shown = mean_of(entry.mean, (entry.spread or 0.0) * len(entry.means) ** 0.5, seeds)
    spread = "" if entry.spread is None else f" ± {significant(entry.spread)}"
    if entry.solved is None:
        return shown + spread
    if seeds > 1:
        return f"{shown}{spread}, {entry.solved} of {seeds} solved"
    return f"{shown}{spread}, {'solved' if entry.solved else 'not solved'}"


def _seeds(seeds: list[int]) -> str:
    """Return seeds in few letters: 0, 0-9, or 0,3,5."""
    first, last = seeds[0], seeds[-1]
    if len(seeds) > 1 and seeds == list(range(first, last + 1)):
        return f"{first}-{last}"
    return ",".join(map(str, seeds)) if len(seeds) <= 4 else f"{len(seeds)} from {first}"


def _ago(seconds: float) -> str:
    """Return how long ago something was."""
    for size, unit in ((86_400 * 365, "y"), (86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return "just now"
