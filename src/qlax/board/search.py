"""The folders of runs below a folder, found again at little cost whenever some come or go."""

import os
import stat
import time
from pathlib import Path
from typing import NamedTuple

from qlax.runs.disk import CONFIG
from qlax.runs.saved import OF_A_RUN

_COARSE = 100_000_000
"""Nanoseconds that the clock of a file may be behind."""


class _Looked(NamedTuple):
    """What a folder looked like."""

    changed: int
    """When it had last changed; -1 if that is not yet to be relied on."""
    inside: list[Path]
    """The folders in it that may hold runs."""
    has_run: bool
    """Whether it has a configuration itself."""


class Search:
    """Remembers what each folder looked like, and looks again only where something changed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._seen: dict[Path, _Looked] = {}
        self.links: set[Path] = set()
        """Links to folders elsewhere, which are not followed."""

    def runs(self) -> list[Path]:
        """Return the folders that hold a configuration."""
        self.links = {link for link in self.links if link.is_symlink()}
        seen: dict[Path, _Looked] = {}
        waiting = [self.root]
        while waiting:
            here = waiting.pop()
            try:
                seen[here] = self._at(here)
            except OSError:  # it has just gone, or may not be read
                continue
            waiting += seen[here].inside
        self._seen = seen
        return [folder for folder, looked in seen.items() if looked.has_run]

    def _at(self, folder: Path) -> "_Looked":
        """Return what is in a folder, as it is remembered if it has not changed since."""
        changed, known = folder.stat().st_mtime_ns, self._seen.get(folder)
        if known is not None and known.changed == changed:
            return known
        looked = _Looked(changed, *self._looked_into(folder))
        # Clocks of files are coarse: a folder that has just changed may yet change unseen.
        return looked if time.time_ns() - changed > _COARSE else looked._replace(changed=-1)

    def _looked_into(self, folder: Path) -> tuple[list[Path], bool]:
        """Return the folders in a folder that may hold runs, and whether it has one itself."""
        inside, has_run = [], False
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name == CONFIG:
                    has_run = True
                elif entry.is_symlink():
                    if entry.is_dir():
                        self.links.add(Path(entry.path))
                elif entry.is_dir() and not entry.name.startswith("."):
                    inside.append(Path(entry.path))
        if has_run:
            inside = [path for path in inside if path.name not in OF_A_RUN]
        return inside, has_run


def signature(path: Path) -> tuple[int, int, int] | None:
    """Return what tells one state of a file from another; None if there is no such plain file."""
    try:
        found = path.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):  # links may lead anywhere, and pipes never end
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
