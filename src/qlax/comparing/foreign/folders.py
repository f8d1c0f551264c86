"""Which files below a folder are logs of other libraries, and which of them are one run."""

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from qlax.comparing.foreign.core import Columns, Log, NotALog
from qlax.comparing.foreign.evaluations import read_evaluations
from qlax.comparing.foreign.events import read_events
from qlax.comparing.foreign.monitor import read_monitors
from qlax.comparing.foreign.names import names_in
from qlax.comparing.foreign.tables import SUFFIXES, read_table
from qlax.comparing.references import threshold_of
from qlax.comparing.trace import EVALUATION, TRAINING, Line, Trace
from qlax.runs.saved import Unreadable

EXPECTED = "monitor.csv, evaluations.npz, progress.csv, TensorBoard's event files"
_KINDS: dict[str, Callable[[str], bool]] = {
    "monitors": lambda name: name.endswith("monitor.csv"),
    "evaluations": lambda name: name == "evaluations.npz",
    "events": lambda name: "tfevents" in name,
    "tables": lambda name: name in ("progress.csv", "progress.json"),
}


@dataclass
class _Files:
    """The files of one run."""

    folder: Path
    """What the run is named after."""
    kinds: dict[str, list[Path]] = field(default_factory=dict)
    """Its files, by kind."""

    def add(self, path: Path, kind: str) -> None:
        self.kinds.setdefault(kind, []).append(path)

    @property
    def takes_those_below(self) -> bool:
        """Whether tables and events in folders below belong to it: it has episodes of its own."""
        return "monitors" in self.kinds or "evaluations" in self.kinds


def logs_in(
    path: Path,
    *,
    but: Collection[Path] = (),
    env: str | None = None,
    agent: str | None = None,
    columns: Columns | None = None,
) -> tuple[list[Trace], list[Unreadable]]:
    """Return the runs of other libraries in a folder and below it, or in one file.

    Args:
        path: The folder or file.
        but: Folders that are not searched: those of qlax's own runs.
        env: The environment, where files do not say it.
        agent: What to call the agents.
        columns: Which columns or tags to read where the usual names do not say.
    """
    found: list[Trace] = []
    unreadable: list[Unreadable] = []
    for files in [_file(path)] if path.is_file() else list(_folders(path, but)):
        try:
            found.append(_trace(files, env, agent, columns or Columns(), len(found)))
        except NotALog as error:
            where = next(iter(files.kinds.values()))[0] if path.is_dir() else path
            unreadable.append(Unreadable(where, f"{where} is left out: {error}."))
        except OSError as error:
            unreadable.append(Unreadable(files.folder, f"{files.folder} is left out: {error}."))
    return found, unreadable


def _file(path: Path) -> _Files:
    """Return a file that was named itself as a run of its own."""
    kind = next((kind for kind, matches in _KINDS.items() if matches(path.name)), "tables")
    if kind == "tables" and path.suffix.lower() not in SUFFIXES:
        kind = "events"
    named_by_folder = kind != "tables" or _KINDS["tables"](path.name)
    files = _Files(path.parent if named_by_folder else path.with_suffix(""))
    files.add(path, kind)
    return files


def _folders(path: Path, but: Collection[Path]) -> Iterator[_Files]:
    """Return the files of every run below a folder."""
    outside = {folder.resolve() for folder in but}
    current: _Files | None = None
    for root, folders, names in os.walk(path):
        here = Path(root)
        folders[:] = sorted(name for name in folders if (here / name).resolve() not in outside)
        if here.resolve() in outside:
            folders[:] = []
            continue
        own = _Files(here)
        for name in sorted(names):
            kind = next((kind for kind, matches in _KINDS.items() if matches(name)), None)
            if kind is not None:
                own.add(here / name, kind)
        if not own.kinds:
            continue
        below = current is not None and here.is_relative_to(current.folder)
        belongs = below and not own.takes_those_below
        if current is not None and belongs and current.takes_those_below:
            for kind, paths in own.kinds.items():
                current.kinds.setdefault(kind, []).extend(paths)
            continue
        if current is not None:
            yield current
        current = own
    if current is not None:
        yield current


def _trace(
    files: _Files, env: str | None, agent: str | None, columns: Columns, number: int
) -> Trace:
    """Read the files of one run.

    Raises:
        NotALog: if they hold no returns, or do not say what the environment is.
    """
    lines: dict[str, Line] = {}
    names: list[str] = []
    stated = None
    for log in _logs(files, columns):
        lines = {**log.lines, **lines}
        names += log.names
        stated = stated or log.env
    if columns.returns is None and not ({EVALUATION, TRAINING} & lines.keys()):
        raise NotALog(
            "none of what it holds is known to be returns: name one of " + ", ".join(names[:12])
            if names
            else "it holds no episodes"
        )
    if columns.returns is not None and columns.returns not in {*names, *lines}:
        there = f": there is {', '.join(names[:12])}" if names else ""
        raise NotALog(f"it has no {columns.returns!r}{there}")
    if not any(len(lines[kind].values) for kind in (EVALUATION, TRAINING) if kind in lines):
        raise NotALog("it holds no episodes")
    said = names_in(files.folder)
    known = stated or said.env or env
    if known is None:
        raise NotALog("it does not say which environment it is of: name it by env=…")
    called = said.agent or files.folder.name
    library = "SB3" if files.takes_those_below else said.library
    return Trace(
        folder=files.folder,
        env=known,
        agent=agent or (f"{called} (SB3)" if library == "SB3" else called),
        seed=number if said.seed is None else said.seed,
        lines=lines,
        library=library,
        threshold=threshold_of(known),
    )


def _logs(files: _Files, columns: Columns) -> Iterator[Log]:
    """Return what each kind of file says, those first that say it best."""
    kinds = files.kinds
    if "evaluations" in kinds:
        yield read_evaluations(kinds["evaluations"][0])
    if "monitors" in kinds:
        yield read_monitors(kinds["monitors"])
    if "tables" in kinds:
        yield read_table(kinds["tables"][0], columns)
    if "events" in kinds:
        yield read_events(kinds["events"], columns)
