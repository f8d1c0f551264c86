"""What qlax keeps in the user's cache folder, how large it is, and how it is cleared."""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qlax.errors import UsageError, nearest


@dataclass(frozen=True)
class Cache:
    """A folder that qlax alone fills, and that can be made again."""

    name: str
    """Its folder's name, inside of qlax's in the user's cache folder."""
    holds: str
    """What is in it."""

    @property
    def folder(self) -> Path:
        """Where it is."""
        return cache_home() / self.name

    def files(self) -> Iterator[Path]:
        """Return every file in it; links are not followed, and are no files of qlax's."""
        if self.folder.is_symlink() or not self.folder.is_dir():
            return
        for above, folders, names in os.walk(self.folder, followlinks=False):
            folders.sort()
            for name in sorted(names):
                path = Path(above, name)
                if _is_plain(path):
                    yield path

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(_size(path) for path in self.files())

    @property
    def free(self) -> int | None:
        """Free bytes on its disk, or on that where it would be; None if nobody can tell."""
        folder = self.folder
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        try:
            return shutil.disk_usage(folder).free
        except OSError:
            return None

    @property
    def is_writable(self) -> bool:
        """Whether it can be written to, or made."""
        folder = self.folder
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        return os.access(folder, os.W_OK | os.X_OK)


PROGRAMS = Cache("programs", "compiled programs: without them the next run compiles anew")
HUB = Cache("hub", "runs that were pulled from a hub")
CACHES = (PROGRAMS, HUB)
"""All of them."""


def cache_home() -> Path:
    """Return qlax's folder in the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(home) / "qlax"


def cleared(name: str | None = None) -> list[tuple[Cache, int, int]]:
    """Remove what is in a cache, or in all, and return how many files and bytes each had.

    Only files inside qlax's own folders are removed. Links are left as they are, and so is all that
    they lead to.

    Args:
        name: The cache's name; None for all.

    Raises:
        UsageError: if there is none of that name.
    """
    names = [cache.name for cache in CACHES]
    if name is not None and name not in names:
        hint = nearest(name, names, f"There are {', '.join(names)}.")
        raise UsageError(f"There is no cache {name!r}. {hint}")
    return [_cleared(cache) for cache in CACHES if name in (None, cache.name)]


def _cleared(cache: Cache) -> tuple[Cache, int, int]:
    count = size = 0
    for path in list(cache.files()):
        own = _size(path)
        path.unlink(missing_ok=True)
        count, size = count + 1, size + own
    if cache.folder.is_dir() and not cache.folder.is_symlink():
        for above, _, _ in os.walk(cache.folder, topdown=False, followlinks=False):
            folder = Path(above)
            if folder != cache.folder and not any(folder.iterdir()):
                folder.rmdir()
    return cache, count, size


def _is_plain(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
