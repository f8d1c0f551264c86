"""All runs of a folder, kept up to date, and what has changed since a moment."""

import contextlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from qlax.board.entries import described, id_of, progressed, relative
from qlax.board.history import History
from qlax.board.search import Search, signature
from qlax.errors import UsageError
from qlax.runs.disk import CONFIG
from qlax.runs.folder import FAILURE, METRICS, RESULT
from qlax.runs.saved import SavedRun, is_of_seeds, read_run

_MOST_NUMBERS = 40_000_000
"""How many numbers of metrics are kept in memory, eight bytes each."""
_LARGEST_DOCUMENT = 20_000_000
_LINK = "It is a link to another folder, which is not followed."
_IS_LINK = (-1, -1, -1)
_REST = 0.5
"""Seconds for which what was found counts as up to date."""


class Changes(NamedTuple):
    """What has become of the runs since a revision."""

    revision: int
    changed: list[dict[str, Any]]
    """Entries of the list, also of new runs."""
    gone: list[str]
    """Ids of runs that are no longer there."""
    damaged: list[dict[str, str]]
    """Runs that cannot be read, each with a `name` and `why`."""


@dataclass
class _Known:
    """A run as it was seen last."""

    run: SavedRun
    signatures: tuple[Any, ...]
    entry: dict[str, Any]
    revision: int = 0


@dataclass
class Catalog:
    """The runs of a folder; safe to be used from several threads."""

    root: Path
    _runs: dict[str, _Known] = field(default_factory=dict)
    _gone: dict[str, int] = field(default_factory=dict)
    _damaged: dict[Path, tuple[Any, str | None]] = field(default_factory=dict)
    """Folders that have no run to show, as their files were, and why; None if that is all right."""
    _histories: "OrderedDict[str, History]" = field(default_factory=OrderedDict)
    _revision: int = 0
    _refreshed: float = -_REST
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.root = self.root.resolve()
        self._search = Search(self.root)
        self.epoch = f"{time.time_ns():x}"
        """What tells revisions of this catalog from those of another."""

    def since(self, revision: int = -1) -> Changes:
        """Return what has changed after a revision, by default everything."""
        with self._lock:
            self._refresh()
            changed = [known.entry for known in self._runs.values() if known.revision > revision]
            gone = [name for name, when in self._gone.items() if when > revision]
            return Changes(self._revision, changed, gone, self._unreadable())

    def run(self, name: str) -> SavedRun | None:
        """Return the run that has an id; None if there is none."""
        with self._lock:
            if name not in self._runs:
                self._refresh()
            known = self._runs.get(name)
        return None if known is None else known.run

    def entry(self, name: str) -> dict[str, Any] | None:
        """Return what the list says of a run, up to date."""
        with self._lock:
            self._refresh()
            known = self._runs.get(name)
            return None if known is None else known.entry

    def history(self, name: str) -> History | None:
        """Return the metrics of a run, to be refreshed by whoever reads them."""
        run = self.run(name)
        if run is None:
            return None
        with self._lock:
            history = self._histories.pop(name, None) or History(run.folder / METRICS)
            self._histories[name] = history
            while len(self._histories) > 1 and self._numbers > _MOST_NUMBERS:
                self._histories.popitem(last=False)
            return history

    @property
    def _numbers(self) -> int:
        return sum(history.size for history in self._histories.values())

    def _unreadable(self) -> list[dict[str, str]]:
        told = {folder: why for folder, (_, why) in self._damaged.items() if why}
        told |= dict.fromkeys(self._search.links, _LINK)
        return [
            {"name": relative(folder, self.root), "why": told[folder]} for folder in sorted(told)
        ]

    def _refresh(self) -> None:
        """Look at what has changed, unless that was done a moment ago."""
        if time.monotonic() - self._refreshed < _REST:
            return
        self._revision += 1
        found = self._search.runs()
        for folder in found:
            self._look_at(folder)
        there = {id_of(relative(folder, self.root)) for folder in found}
        for name in self._runs.keys() - there:
            self._forget(name)
        self._damaged = {path: why for path, why in self._damaged.items() if path in set(found)}
        self._refreshed = time.monotonic()

    def _look_at(self, folder: Path) -> None:
        """Read of a run what has changed since it was read last."""
        name = relative(folder, self.root)
        id_ = id_of(name)
        known = self._runs.get(id_)
        documents = tuple(_document(folder / file) for file in (CONFIG, RESULT, FAILURE))
        damage = self._damaged.get(folder)
        if damage is not None and damage[0] == documents:
            return
        signatures = (*documents, signature(folder / METRICS))
        if known is None or known.signatures[:3] != documents:
            run = self._read(folder, documents)
            if run is None:
                self._forget(id_)
                return
            static = described(run, name)
        elif known.signatures == signatures and known.entry["status"] == known.run.status:
            return
        else:
            run = known.run
            static = known.entry
        entry = {**static, **progressed(run), "status": run.status, "version": version(signatures)}
        if known is None or known.entry != entry:
            self._runs[id_] = _Known(run, signatures, entry, self._revision)
            self._gone.pop(id_, None)
        else:
            known.run, known.signatures = run, signatures

    def _read(self, folder: Path, documents: tuple[Any, ...]) -> SavedRun | None:
        """Return a run; None if it is no single run, or damaged, which is noted then."""
        self._damaged.pop(folder, None)
        try:
            for found, file in zip(documents, (CONFIG, RESULT, FAILURE), strict=True):
                if found == _IS_LINK:
                    raise UsageError(f"{file} is a link, which is not followed.")
                if found is not None and found[1] > _LARGEST_DOCUMENT:
                    raise UsageError(f"{file} has {found[1]:,} bytes: qlax did not write it.")
            if documents[0] is None:
                raise UsageError(f"{CONFIG} is no file.")
            run = read_run(folder)
            for document in (run.result, run.failure):  # read now, kept with the signatures
                del document
            return run
        except UsageError as error:
            why = None if is_of_seeds(folder) else str(error).replace(f"{folder}/", "")
            self._damaged[folder] = (documents, why)
        except OSError as error:
            self._damaged[folder] = (documents, f"It cannot be read: {error.strerror}.")
        return None

    def _forget(self, name: str) -> None:
        if name in self._runs:
            del self._runs[name]
            self._gone[name] = self._revision
        with contextlib.suppress(KeyError):
            del self._histories[name]


def _document(path: Path) -> tuple[int, int, int] | None:
    """Return the signature of a file; that of links is always the same."""
    found = signature(path)
    return _IS_LINK if found is None and path.is_symlink() else found


def version(signatures: tuple[Any, ...]) -> str:
    """Return a short text that changes whenever a run's files do."""
    return "-".join("" if found is None else f"{found[0]:x}.{found[1]:x}" for found in signatures)
