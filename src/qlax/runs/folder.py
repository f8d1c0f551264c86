"""The folder of a run. A crash while a file is written leaves the old or the new one, never half.

A folder that replaces another does so in two renames: a crash between them leaves the old one
beside it, as `.NAME.….old`.

config.json     everything needed to run it again
metrics.jsonl   one line for every stretch of training
checkpoints/    whole states to resume from
policy/         what `qlax.load` reads: arrays and JSON
best/           the policy that was best by evaluations while training
moments/        policies of the start, of each fifth of training, and of the end
curve.png       the learning curve
start/          the policy that training started from, if it did
result.json     the outcome
failure.json    what ended training, if it failed
logs.json       how its logs at services are found again
.lock           held while the run is trained
"""

import contextlib
import json
import math
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qlax.errors import UsageError
from qlax.runs import formats
from qlax.runs.disk import CHECKPOINTS, CONFIG, room_for

METRICS, RESULT = "metrics.jsonl", "result.json"
POLICY, CURVE, FAILURE = "policy", "curve.png", "failure.json"
START = "start"


@contextlib.contextmanager
def new_folder(
    out: str | Path | None, env_id: str, agent_name: str, seed_name: str
) -> Iterator[Path]:
    """Make the folder of a new run; it is removed again if nothing was written.

    Raises:
        UsageError: if `out` exists and is not an empty folder, or the folder cannot be made.
    """
    if out is None:
        above = Path("runs") / as_name(env_id.rpartition(":")[2]) / agent_name
        folder, made = _next_free(above / seed_name)
    else:
        folder, made = _as_given(Path(out).expanduser())
    try:
        yield folder
    finally:
        with contextlib.suppress(OSError):  # what is not empty stays, and so does what is above it
            for path in made:
                path.rmdir()


def as_name(text: str) -> str:
    """Return a file name that needs no quotes in a shell and is valid on every system."""
    return re.sub(r"[^\w.+-]+", "-", text).strip("-.") or "environment"


def _as_given(folder: Path) -> tuple[Path, list[Path]]:
    """Make a folder if it is not there; return it and what was made."""
    require_free(folder)
    if folder.exists():
        return folder, []
    try:
        return folder, _make(folder)
    except FileExistsError:
        raise UsageError(f"{folder} has just been taken by another run.") from None


def _next_free(folder: Path) -> tuple[Path, list[Path]]:
    """Make a folder of this name, or of one like it; return it and what was made."""
    if folder.exists():
        folder = folder.with_name(f"{folder.name}-{time.strftime('%Y%m%d-%H%M%S')}")
    name, attempt = folder.name, 1
    while True:
        try:
            return folder, _make(folder)
        except FileExistsError:
            attempt += 1
            folder = folder.with_name(f"{name}~{attempt}")


def _make(folder: Path) -> list[Path]:
    """Make a folder and those above it; return those that were not there, the lowest first.

    Raises:
        FileExistsError: if the folder itself is there, perhaps since a moment.
        UsageError: if it cannot be made.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    with _refusing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
    with _refusing(folder, but=(FileExistsError,)):
        folder.mkdir()
    return missing


@contextlib.contextmanager
def _refusing(folder: Path, *, but: tuple[type[OSError], ...] = ()) -> Iterator[None]:
    """Raise `UsageError` if a folder cannot be made; the errors `but` pass as they are."""
    try:
        yield
    except but:
        raise
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}.") from error


def require_free(folder: Path) -> None:
    """Raise `UsageError` unless a folder is free for a new run."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        onward = (
            f", or go on with it by qlax.resume({str(folder)!r})"
            if (folder / CONFIG).is_file()
            else ""
        )
        raise UsageError(f"{folder} exists already: give another `out`{onward}.")


def make_member(folder: Path) -> None:
    """Make a seed's folder inside its run's, or say why that is impossible."""
    with _refusing(folder):
        (folder / CHECKPOINTS).mkdir(parents=True, exist_ok=True)


def write_json(path: Path, document: Any) -> None:
    """Write a JSON file, whole or not at all."""
    text = as_text(document)
    with replacing(path, len(text.encode())) as aside:
        aside.write_text(text)


def as_text(document: Any) -> str:
    """Return plain values as the text of a JSON file."""
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def read_json(path: Path) -> Any:
    """Read a JSON file, or say what is wrong with it.

    Raises:
        UsageError: if it is not there or damaged, or nested so deeply, or holds such large numbers,
            that qlax did not write it.
    """
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError:
        raise UsageError(f"{path} is not there: {path.parent} is not a run of qlax.") from None
    except (ValueError, OSError) as error:
        raise UsageError(f"{path} is damaged and cannot be read: {error}.") from None
    except (RecursionError, MemoryError):
        raise UsageError(
            f"{path} is damaged and cannot be read: it is nested too deeply."
        ) from None
    require_ours(document, path)
    return document


def read_config(path: Path) -> dict[str, Any]:
    """Return what the `config.json` in a folder holds.

    Raises:
        UsageError: if it is not there, damaged, or in another format than is read here.
    """
    document: dict[str, Any] = read_json(path / CONFIG)
    formats.require_format(document, formats.CONFIG, path / CONFIG)
    return document


def require_ours(document: Any, path: Path, *, finite: bool = True) -> None:
    """Raise `UsageError` for what qlax never writes: deep nesting, numbers beyond 64 bits, NaN.

    Args:
        document: What a file holds.
        path: The file.
        finite: Whether numbers that are not finite are refused too.
    """
    level: list[Any] = [document]
    for _ in range(_DEEPEST):
        inside: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inside += value.values()
            elif isinstance(value, list):
                inside += value
            elif isinstance(value, int) and not -(2**63) <= value < 2**63:
                raise UsageError(
                    f"{path} is damaged: it holds a number of {len(str(value))} digits."
                )
            elif finite and isinstance(value, float) and not math.isfinite(value):
                raise UsageError(f"{path} is damaged: it holds {value}.")
        if not inside:
            return
        level = inside
    raise UsageError(f"{path} is damaged: it is nested too deeply.")


_DEEPEST = 50
"""Levels of lists and dicts in a file; those of qlax have fewer than twenty."""


@contextlib.contextmanager
def replacing(path: Path, size: int | None = None, *, synced: bool = True) -> Iterator[Path]:
    """Give a path to write a file or folder to; it replaces `path` once everything is on disk.

    Args:
        path: The file or folder.
        size: Bytes that it takes, if that is known.
        synced: Whether it has to outlast a loss of power; what can be made again has not.

    Raises:
        DiskFull: if there is no room; the old one stays then.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.part{path.suffix}")
    _remove(aside)
    with room_for(path, size):
        try:
            yield aside
            if synced:
                _to_disk(aside, *(aside.rglob("*") if aside.is_dir() else ()))
            if path.is_dir():
                old = path.with_name(f".{path.name}.{os.getpid()}.old")
                path.rename(old)
                aside.rename(path)
                shutil.rmtree(old)
            else:
                aside.replace(path)
            if synced:
                _to_disk(path.parent)
        finally:
            _remove(aside)


class MetricsAppender:
    """The file of a run's metrics, open to add lines; each is written at once."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / METRICS
        self._file = self._path.open("ab", buffering=0)

    def append(self, row: dict[str, Any]) -> None:
        """Add a line."""
        line = _line(row).encode()
        with room_for(self._path, len(line)):
            while line:
                line = line[self._file.write(line) :]

    def __enter__(self) -> "MetricsAppender":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """Return a run's metrics; a line that a crash cut off is left out."""
    path = folder / METRICS
    rows = []
    for line in path.read_text().splitlines() if path.exists() else ():
        with contextlib.suppress(json.JSONDecodeError):
            rows.append(json.loads(line))
    for row in rows:
        formats.require_format(row, formats.METRICS, path)
        del row["format"]
    return rows


def last_metrics(folder: Path) -> list[dict[str, Any]]:
    """Return the newest rows of a run's metrics, in their order, reading only the file's end."""
    path = folder / METRICS
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - _LAST_BYTES, 0))
            lines = file.read().splitlines()
    except OSError:
        return []
    rows = []
    for line in lines:
        with contextlib.suppress(ValueError):
            rows.append(json.loads(line))
    return [row for row in rows if isinstance(row, dict)]


_LAST_BYTES = 16_384
"""Bytes at the end of the metrics that hold the last rows."""


def metrics_until(folder: Path, env_steps: int) -> list[dict[str, Any]]:
    """Return a run's metrics up to some environment steps, those of a checkpoint."""
    return [row for row in read_metrics(folder) if row["env_steps"] <= env_steps]


def keep_metrics_until(folder: Path, env_steps: int) -> None:
    """Drop the lines of a run's metrics that are newer than a checkpoint."""
    rows = metrics_until(folder, env_steps)
    with replacing(folder / METRICS) as aside:
        aside.write_text("".join(map(_line, rows)))


def _line(row: dict[str, Any]) -> str:
    """Return a row of metrics as a line of JSON; numbers that are not finite become null."""
    finite = {
        name: value if value is None or math.isfinite(value) else None
        for name, value in row.items()
    }
    return json.dumps({"format": formats.METRICS, **finite}, allow_nan=False) + "\n"


def _to_disk(*paths: Path) -> None:
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
