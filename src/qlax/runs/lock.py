"""A lock on a run's folder: it dies with the process that holds it, however that ends."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from qlax.errors import UsageError
from qlax.runs.disk import CONFIG

LOCK = ".lock"


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a run's lock.

    Raises:
        UsageError: if another process, or another training in this one, writes the run.
    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(blocking=False)
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
    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    except OSError:  # a folder that cannot be written to
        return False
    lock.release()
    return False
