"""A full disk: which file found no room, what is safe, and how to go on."""

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

from qlax.errors import DiskFull

CONFIG, CHECKPOINTS = "config.json", "checkpoints"


@contextlib.contextmanager
def room_for(path: Path, size: int | None = None) -> Iterator[None]:
    """Turn the system's error for a full disk into a `DiskFull` that says how to go on.

    Args:
        path: What is written in the block.
        size: Bytes that it takes, if that is known.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFull(_sentences(path, size)) from error


def _sentences(path: Path, size: int | None) -> str:
    free = _shown(shutil.disk_usage(path.parent).free)
    room = f"{free} are free" if size is None else f"it takes {_shown(size)}, {free} are free"
    run = _run_of(path)
    if run is None:
        return f"The disk is full: {path} was not written ({room})."
    kept = sorted(run.glob(f"**/{CHECKPOINTS}/iteration-*"))
    safe = (
        f"Everything up to the checkpoint {kept[-1]} is safe"
        if kept
        else "Nothing was saved before it"
    )
    return (
        f"The disk is full: {path} was not written ({room}). {safe}: make room, then go on with "
        f"qlax.resume({str(run)!r})."
    )


def _run_of(path: Path) -> Path | None:
    """Return the folder of the run that a file belongs to, that of all seeds if there are some."""
    inside = [folder for folder in path.parents if (folder / CONFIG).is_file()]
    return inside[-1] if inside else None


def _shown(size: float) -> str:
    """Return a number of bytes in words, in the largest unit that fits."""
    for unit, letters in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit:
            return f"{size / unit:.1f} {letters}"
    return f"{size:.0f} bytes"
