"""Runs and paths that a word may go on to."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from qlax import zoo

_CONFIG = "config.json"
_USUAL = "runs"
_SECONDS = 0.05
"""Time to look for runs: what is found by then is offered."""
_MOST = 500
_ZOO = "zoo:"


def runs_like(current: str) -> list[str]:
    """Return the runs in `runs`, newest first, that begin with a word, or else folders.

    After `zoo:` there are the policies that come with the package.
    """
    if current.startswith(("~", "/", "../", "./")):
        return folders_like(current)
    if current.startswith(_ZOO):
        return [f"{_ZOO}{name}" for name in zoo.names() if name.startswith(current[len(_ZOO) :])]
    found = [run for run in _runs() if run.startswith(current)]
    return found or folders_like(current)


def folders_like(current: str) -> list[str]:
    """Return the folders that a word may go on to: runs as they are, others with a `/`."""
    return [
        word if (Path(word).expanduser() / _CONFIG).is_file() else f"{word}/"
        for word, is_folder in _entries(current)
        if is_folder
    ]


def paths_like(current: str) -> list[str]:
    """Return the files and folders that a word may go on to."""
    return [f"{word}/" if is_folder else word for word, is_folder in _entries(current)]


def _entries(current: str) -> Iterator[tuple[str, bool]]:
    """Return what begins with a word, and whether it is a folder; hidden ones if they are meant."""
    above, slash, begin = current.rpartition("/")
    try:
        entries = sorted(os.scandir(Path(above + slash or ".").expanduser()), key=_name)
    except OSError:
        return
    for entry in entries:
        is_meant = begin.startswith(".") or not entry.name.startswith(".")
        if entry.name.startswith(begin) and is_meant:
            yield above + slash + entry.name, entry.is_dir()


def _runs() -> list[str]:
    """Return the runs in `runs`, newest first; those of several seeds stand for each of them."""
    until = time.perf_counter() + _SECONDS
    found: list[tuple[float, str]] = []
    for root, folders, names in os.walk(_USUAL):
        if _CONFIG in names:
            folders.clear()
            found.append(((Path(root) / _CONFIG).stat().st_mtime, root))
        if time.perf_counter() > until or len(found) >= _MOST:
            break
    return [run for _, run in sorted(found, reverse=True)]


def _name(entry: "os.DirEntry[str]") -> str:
    return entry.name
