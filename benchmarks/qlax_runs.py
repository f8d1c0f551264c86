"""Running `qlax train` the way a user does, and reading what it wrote."""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from common import run_pinned

PHASES = ("import", "compile", "train", "eval", "files", "exit")


class Outcome(NamedTuple):
    """One call of `qlax train`."""

    wall_seconds: float
    """From starting the process to its end, measured from outside."""
    cpu_seconds: float
    """Processor time it used."""
    result: dict[str, Any]
    """The `result.json` of the run, or the summary of several seeds."""
    members: list[dict[str, Any]]
    """The `result.json` of every seed; of a single run, its own."""


def qlax_command() -> Path:
    """Return the `qlax` of the interpreter that runs this."""
    return Path(sys.executable).with_name("qlax")


def train(
    env: str, options: Sequence[str], *, core: int | None, cache: str | Path | None = None
) -> Outcome:
    """Run `qlax train ENV OPTIONS --quiet` in a folder that is thrown away afterwards.

    Args:
        env: Gymnasium's id.
        options: Further words of the command.
        core: The core to stay on.
        cache: The folder that stands in for `~/.cache`: empty for a cold start. None for the
            user's own.
    """
    with tempfile.TemporaryDirectory() as scratch:
        return train_into(Path(scratch) / "run", env, options, core=core, cache=cache)


def train_into(
    out: Path,
    env: str,
    options: Sequence[str],
    *,
    core: int | None,
    cache: str | Path | None = None,
) -> Outcome:
    """Run `qlax train ENV OPTIONS --quiet --out OUT`; the rest is as in `train`."""
    # A compilation cache the user has set up would be taken instead of qlax's own.
    environment: dict[str, str | None] = {"JAX_COMPILATION_CACHE_DIR": None}
    if cache is not None:
        environment |= {"XDG_CACHE_HOME": str(cache), "MPLCONFIGDIR": None}
    command = [qlax_command(), "train", env, *options, "--quiet", "--out", out]
    finished = run_pinned(command, core, environment)
    result = _read(out / "result.json")
    members = [_read(out / f"seed-{seed}" / "result.json") for seed in result.get("seeds", ())]
    return Outcome(finished.seconds, finished.cpu_seconds, result, members or [result])


def seconds_by_phase(outcome: Outcome) -> dict[str, float]:
    """Return the seconds of every phase; together they are the wall time.

    `files` is what qlax spends between its phases: drawing the curve, writing everything down.
    `exit` is what passes after its last look at the clock, until the process has gone.
    """
    total = float(outcome.result["total_seconds"])
    known = {
        phase: float(outcome.result.get(f"{phase}_seconds") or 0.0)
        for phase in ("import", "compile", "train", "eval")
    }
    rest = {"files": total - sum(known.values()), "exit": outcome.wall_seconds - total}
    return {**known, **{phase: round(value, 3) for phase, value in rest.items()}}


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document
