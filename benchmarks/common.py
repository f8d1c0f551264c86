"""What the benchmarks share: the machine, pinned subprocesses, tables and result files."""

import functools
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "results"


class Finished(NamedTuple):
    """A subprocess that ended well."""

    seconds: float
    """Wall time measured from outside: interpreter, imports and everything."""
    cpu_seconds: float
    """Processor time it used: less than the wall time if something else ran on its core."""
    output: str
    """What it printed."""


class SubprocessError(RuntimeError):
    """A subprocess that did not end well; the message has the end of what it said."""


def run_pinned(
    command: Sequence[str | Path],
    core: int | None,
    environment: Mapping[str, str | None] | None = None,
) -> Finished:
    """Run a command on one core and time it.

    Args:
        command: Program and arguments.
        core: The core to stay on; None for any. Ignored where the system cannot pin.
        environment: Variables to change; None takes one away.

    Raises:
        SubprocessError: if the exit code is not 0.
    """
    variables = dict(os.environ)
    for name, value in (environment or {}).items():
        variables.pop(name, None)
        if value is not None:
            variables[name] = value
    words = [str(word) for word in command]
    began, cpu_began = time.perf_counter(), _cpu_seconds_of_children()
    done = subprocess.run(
        words,
        env=variables,
        capture_output=True,
        text=True,
        preexec_fn=None if core is None else functools.partial(_pin, core),
    )
    seconds = time.perf_counter() - began
    cpu_seconds = _cpu_seconds_of_children() - cpu_began
    if done.returncode != 0:
        last_words = "\n".join((done.stderr or done.stdout).strip().splitlines()[-15:])
        raise SubprocessError(f"{shlex.join(words)} ended with {done.returncode}:\n{last_words}")
    return Finished(seconds, cpu_seconds, done.stdout)


def start_pinned(command: Sequence[str | Path], core: int | None) -> subprocess.Popen:
    """Start a command on one core, or on any, and go on."""
    pin = None if core is None else functools.partial(_pin, core)
    return subprocess.Popen([str(word) for word in command], preexec_fn=pin)


def machine() -> dict[str, Any]:
    """Return what the figures were measured on, and how busy it was."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "load_at_start": load,
    }


def versions(python: str | Path, packages: Sequence[str]) -> dict[str, str | None]:
    """Return an interpreter's versions of packages; None for those it does not have."""
    script = (
        "import importlib.metadata as m, json, platform, sys\n"
        "def version(name):\n"
        "    try: return m.version(name)\n"
        "    except m.PackageNotFoundError: return None\n"
        "found = {name: version(name) for name in sys.argv[1:]}\n"
        "print(json.dumps({'python': platform.python_version(), **found}))"
    )
    found: dict[str, str | None] = json.loads(
        run_pinned([python, "-c", script, *packages], None).output
    )
    return found


def qlax_versions() -> dict[str, str | None]:
    """Return the versions of qlax and of what it is built on, and the commit of the sources."""
    packages = ("qlax", "jax", "jaxlib", "flax", "optax", "numpy", "gymnasium", "gymnax")
    return {**versions(sys.executable, packages), "commit": _commit()}


def write_result(path: Path, document: Mapping[str, Any]) -> None:
    """Write a result with the command that made it; replaced whole, never half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The script as it is called from the repository, wherever that is on this machine.
    script = Path(sys.argv[0]).resolve()
    shown = script.relative_to(FOLDER.parent) if FOLDER in script.parents else script
    head = {
        "command": shlex.join(["python", str(shown), *sys.argv[1:]]),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    aside = path.with_suffix(".tmp")
    aside.write_text(json.dumps({**head, **document}, indent=2, ensure_ascii=False) + "\n")
    aside.replace(path)


def resumed(path: Path, entries: str) -> dict[str, Any]:
    """Return a result as far as it has come; at first one with an empty list of entries."""
    if path.is_file():
        document: dict[str, Any] = json.loads(path.read_text())
        return document
    return fresh(entries)


def fresh(entries: str) -> dict[str, Any]:
    """Return a result with an empty list of entries."""
    return {"machine": machine(), "versions": qlax_versions(), entries: []}


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their columns: the first column to the left, all others to the right."""
    cells = [list(columns), *([str(value) for value in row] for row in rows)]
    widths = [max(len(row[index]) for row in cells) for index in range(len(columns))]
    for number, row in enumerate(cells):
        words = [row[0].ljust(widths[0])]
        words += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join(words).rstrip(), flush=True)
        if number == 0:
            print("  ".join("-" * width for width in widths))


def write_page(
    path: Path,
    about: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    notes: Sequence[str],
) -> None:
    """Write a table as a page to read, what it is about above, notes below."""
    table = [list(columns), ["---"] * len(columns), *rows]
    lines = ["| " + " | ".join(str(cell) for cell in row) + " |" for row in table]
    path.write_text("\n".join([*about, "", *lines, "", *notes]) + "\n")


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, smallest and largest value."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def interval(values: list[float], draws: int = 10_000) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean."""
    rng = np.random.default_rng(0)
    resampled = rng.choice(values, (draws, len(values))).mean(-1)
    low, high = np.quantile(resampled, (0.025, 0.975))
    return float(low), float(high)


def shown_spread(values: Sequence[float], digits: int = 1) -> str:
    """Return `median (min … max)`."""
    middle, low, high = (f"{value:,.{digits}f}" for value in spread(values).values())
    return f"{middle} ({low} … {high})"


def number_list(text: str) -> list[int]:
    """Return the numbers that `0-9,42` names; an argument type."""
    numbers: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def _cpu_seconds_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _pin(core: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _commit() -> str | None:
    """Return the commit of the sources, with a + if files differ from it."""
    try:
        commit = run_pinned(["git", "-C", FOLDER, "rev-parse", "--short", "HEAD"], None).output
        changed = run_pinned(
            ["git", "-C", FOLDER, "status", "--porcelain", "--", "../src"], None
        ).output
    except (SubprocessError, OSError):
        return None
    return commit.strip() + ("+" if changed.strip() else "")
