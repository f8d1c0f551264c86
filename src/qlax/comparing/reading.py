"""Whatever is to be compared, read: runs of qlax and logs of other libraries, in one list."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from qlax.addresses import folder_of
from qlax.arguments import instance_of
from qlax.comparing.foreign import Columns, logs_in
from qlax.comparing.foreign.folders import EXPECTED
from qlax.comparing.labels import labelled, without_repeats
from qlax.comparing.trace import Trace, trace_of
from qlax.errors import UsageError, shown
from qlax.runs.saved import SavedRun, Unreadable, runs_in

Runs = Any
"""Folders or files (paths or strings), `Run`s, one or several, or a dict of them by name."""


class NamedPath(NamedTuple):
    """Where runs are, and what to call their agent."""

    name: str | None
    path: Path


class Found(NamedTuple):
    """What was read."""

    traces: list[Trace]
    """The runs, a seed each."""
    left_out: list[Unreadable]
    """What could not be read, or is there twice."""


def traces_in(runs: Runs, *, env: str | None = None, columns: Columns | None = None) -> Found:
    """Read runs of qlax, or of other libraries, from files and folders and those below them.

    Args:
        runs: A path or a `Run`, several of them, or a dict with a name for each: those of a name
            are one agent's.
        env: The environment of those that do not say it.
        columns: Columns or tags of other libraries' logs, where the usual names do not say.

    Raises:
        UsageError: if something is not there, holds no runs, or none can be read.
    """
    if env is not None:
        instance_of("env", env, str, "the id of an environment")
    if columns is not None:
        instance_of("columns", columns, Columns, "a Columns")
    traces: list[Trace] = []
    left_out: list[Unreadable] = []
    seen: set[Path] = set()
    for name, path in _named(runs):
        found, wrong = _read(path, name, env, columns)
        traces += [trace for trace in found if trace.folder.resolve() not in seen]
        seen |= {trace.folder.resolve() for trace in found}
        left_out += wrong
    traces, repeated = without_repeats(traces)
    left_out += repeated
    if not traces:
        why = left_out[0].why if left_out else "there are none."
        raise UsageError(f"No run can be read: {why}")
    return Found(labelled(traces), left_out)


def _named(runs: Runs) -> Iterable[NamedPath]:
    """Return each path, with its name if one was given."""
    if isinstance(runs, Mapping):
        for name, those in runs.items():
            for _, path in _named(those):
                yield NamedPath(str(name), path)
        return
    if isinstance(runs, str | Path) or hasattr(runs, "folder"):
        runs = [runs]
    try:
        entries = list(runs)
    except TypeError:
        raise UsageError(f"runs is {shown(runs)}, but must be folders or files of runs.") from None
    if not entries:
        raise UsageError("runs is empty, but must name at least one run.")
    for entry in entries:
        if isinstance(entry, NamedPath):
            yield NamedPath(entry.name, folder_of("runs", entry.path))
            continue
        folder = getattr(entry, "folder", entry)
        if not isinstance(folder, str | Path):
            raise UsageError(f"runs has {shown(entry)}, but must be folders or files of runs.")
        yield NamedPath(None, folder_of("runs", folder))


def _read(
    path: Path, name: str | None, env: str | None, columns: Columns | None
) -> tuple[list[Trace], list[Unreadable]]:
    if not path.exists():
        raise UsageError(f"{path} is not there.")
    own, damaged = _own(path)
    traces, unreadable = [], list(damaged)
    for run in own:
        try:
            traces.append(trace_of(run, name))
        except (UsageError, ValueError, TypeError, AttributeError, KeyError, OSError) as error:
            said = str(error) if isinstance(error, UsageError) else f"it is damaged ({error})."
            unreadable.append(Unreadable(run.folder, f"{run.folder} is left out: {said}"))
    others, wrong = logs_in(
        path, but=[run.folder for run in own], env=env, agent=name, columns=columns
    )
    if not (traces or unreadable or others or wrong):
        raise UsageError(
            f"{path} holds no runs: there is neither a config.json of qlax in it or below it, nor "
            f"what other libraries write ({EXPECTED}); of a table, give the file itself."
        )
    return traces + others, unreadable + wrong


def _own(path: Path) -> tuple[list[SavedRun], list[Unreadable]]:
    """Return the runs of qlax in a folder; none of a file."""
    try:
        return runs_in([path]) if path.is_dir() else ([], [])
    except UsageError:  # there may be runs of others
        return [], []
