"""A lock on a run's folder: it dies with the process that holds it, however that ends."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from filelock import FileLock, Timeout

from qlax.errors import UsageError
from qlax.runs.disk import CONFIG

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None

LOCK = ".lock"
_PATIENCE = 0.3
"""Seconds to wait for a lock: whoever only looks whether it is held has it for a moment."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a run's lock.

    Raises:
        UsageError: if another process, or another training in this one, writes the run.
    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=_PATIENCE)
    except Timeout:
        raise UsageError(
            f"{folder} is being trained by another process: wait for it, or stop it first."
        ) from None
    try:
        yield
    finally:
        lock.release()
        if not (folder / CONFIG).exists():  # nothing was written
            (folder / LOCK).unlink(missing_ok=True)


def is_locked(folder: Path) -> bool:
    """Return whether a run is being trained now, by any process of this machine."""
    path = folder / LOCK
    if not path.exists():
        return False
    try:
        return _is_held(path)
    except OSError:  # a folder that cannot be read
        return False


def _is_held(path: Path) -> bool:
    """Return whether somebody holds a lock; nothing is written, and nobody is kept from it."""
    if fcntl is None:
        lock = FileLock(path)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return True
        lock.release()
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
