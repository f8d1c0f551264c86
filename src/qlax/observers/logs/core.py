"""What all logs share: when they are opened, what is written to them, and when they are closed."""

import abc
import contextlib
import functools
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from qlax.drivers.core import MetricsRow
from qlax.errors import Interrupted, UsageError
from qlax.observers.core import Beginning, Ended, Member, Observer, Report
from qlax.observers.logs.kept import Kept
from qlax.observers.logs.names import Numbers, Settings, numbers_of, outcome_of, settings_of
from qlax.runs import folder
from qlax.runs.saved import is_of_seeds

if TYPE_CHECKING:
    import psutil


@dataclass(frozen=True, kw_only=True)
class LoggedRun:
    """The run of a seed, as a log is told of it."""

    member: Member
    """The seed."""
    name: str
    """What it is called: its folder, as seen from where training was started."""
    group: str | None
    """What all seeds together are called; None for a seed by itself."""
    env_steps: int
    """Environment steps done already: what a log has beyond them is of a past that was undone."""
    settings: Settings
    """Everything that determines the run, by path."""

    @property
    def folder(self) -> Path:
        """Where it is written."""
        return self.member.folder


class OpenLog(Protocol):
    """The log of a seed's run, open for writing."""

    newest: int
    """Environment steps of the newest numbers that it has; −1 for none."""

    def write(self, numbers: Numbers, env_steps: int) -> None:
        """Add numbers that belong to some environment steps."""
        ...

    def finish(self, outcome: Numbers, env_steps: int, curve: Path | None) -> None:
        """Add how the run ended and its learning curve, and close the log."""
        ...

    def break_off(self, *, interrupted: bool) -> None:
        """Close the log of a run that ended early: it failed or was interrupted."""
        ...


class Log(Observer, abc.ABC):
    """Writes what `metrics.jsonl` holds, the configuration and the outcome to another kind of log.

    Each seed has a log of its own. A run that goes on from a checkpoint goes on in the same log;
    one that had none so far gets one of everything since its start.
    """

    service: ClassVar[str]
    """Its name after `--log`, and that of the extra that installs what it needs."""
    packages: ClassVar[tuple[str, ...]] = ()
    """What has to be importable."""

    @classmethod
    def is_in(cls, run_folder: Path) -> bool:
        """Return whether the run of a seed has such a log."""
        return Kept(run_folder, cls.service).id is not None

    @classmethod
    def settings_in(cls, run_folder: Path) -> dict[str, Any]:
        """Return the arguments that the log of a run was made with, as far as they were kept."""
        return Kept(run_folder, cls.service).settings

    def __init__(self) -> None:
        missing = [name for name in self.packages if not _can_import(name)]
        if missing:
            raise UsageError(
                f"The log {self.service} needs {' and '.join(missing)}, which is not installed: "
                f"pip install 'qlax[{self.service}]'."
            )
        self._beginning: Beginning | None = None
        self._open: dict[Path, _Writing] = {}

    @abc.abstractmethod
    def opened(self, run: LoggedRun) -> OpenLog:
        """Open the log of a run, or go on with the one that it has."""

    def begin(self, event: Beginning) -> None:
        """Remember whose runs they are; nothing is written before training starts."""
        self._beginning = event

    def advance(self, env_steps: int) -> None:  # noqa: ARG002
        """Open the logs, once, and write what they lack."""
        event, self._beginning = self._beginning, None
        if event is None:
            return
        for member in event.members:
            settings, (name, group) = settings_of(member.plan), _names(member)
            log = self.opened(
                LoggedRun(
                    member=member,
                    name=name,
                    group=group,
                    env_steps=event.env_steps,
                    settings=settings,
                )
            )
            self._open[member.folder] = writing = _Writing(log)
            for row in folder.read_metrics(member.folder):
                if int(row["env_steps"]) <= event.env_steps:
                    writing.add(row)

    def report(self, event: Report) -> None:
        """Add the numbers of every seed."""
        memory = _memory()
        for member, row in zip(event.members, event.rows, strict=True):
            self._open[member.folder].add(row, memory)

    def end(self, event: Ended) -> None:
        """Add the outcome, and close the seed's log."""
        writing = self._open.pop(event.member.folder, None)
        if writing is not None:
            curve = event.member.folder / folder.CURVE
            writing.log.finish(
                outcome_of(event.result),
                event.result["env_steps"],
                curve if curve.is_file() else None,
            )

    def failure(self, error: BaseException) -> None:
        """Close the logs that are open, all of them even if one cannot be."""
        interrupted = isinstance(error, KeyboardInterrupt | Interrupted)
        with contextlib.ExitStack() as closing:
            for writing in self._open.values():
                closing.callback(writing.log.break_off, interrupted=interrupted)
            self._open = {}


class _Writing:
    """A log, and the row before the next."""

    def __init__(self, log: OpenLog) -> None:
        self.log = log
        self._before: MetricsRow | None = None

    def add(self, row: MetricsRow, memory: float | None = None) -> None:
        """Write a row of metrics unless the log has it."""
        before, self._before = self._before, row
        env_steps = int(row["env_steps"] or 0)
        if env_steps > self.log.newest:
            numbers = numbers_of(row, before)
            if memory is not None:
                numbers["system/memory"] = memory
            self.log.write(numbers, env_steps)


def _can_import(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ValueError, ModuleNotFoundError):  # it is none, or half there
        return False


def _names(member: Member) -> tuple[str, str | None]:
    """Return what a seed's run is called, and what all of them are if it is one of several."""
    parts = member.folder.absolute().parts
    with contextlib.suppress(ValueError):
        parts = member.folder.absolute().relative_to(Path.cwd()).parts
    if parts[0] == "runs" and len(parts) > 1:
        parts = parts[1:]
    shown = [part for part in parts[-4:] if part not in ("/", "\\")] or [member.folder.name]
    group = "/".join(shown[:-1]) or None
    return "/".join(shown), group if is_of_seeds(member.folder.parent) else None


def _memory() -> float:
    """Return the memory that the process takes, in GB."""
    return float(_process().memory_info().rss) / 1e9


@functools.cache
def _process() -> "psutil.Process":
    import psutil

    return psutil.Process()
