"""A table of the metrics, for spreadsheets."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from qlax.observers.logs.core import Log, LoggedRun, OpenLog
from qlax.observers.logs.names import Numbers
from qlax.runs.disk import room_for
from qlax.runs.folder import replacing

FILE = "metrics.csv"
_STEPS = "env_steps"


class CSV(Log):
    """Writes `metrics.csv` in each seed's folder: a line a report, a column a number.

    The last line has the outcome too. Lines that are newer than the checkpoint that a run goes on
    from are dropped.

    >>> qlax.train("CartPole-v1", observers=[qlax.observers.CSV()])
    """

    service: ClassVar = "csv"

    @classmethod
    def is_in(cls, run_folder: Path) -> bool:
        """Return whether there is a table."""
        return (run_folder / FILE).is_file()

    def opened(self, run: LoggedRun) -> OpenLog:
        """Return the seed's table."""
        return _Table(run.folder / FILE, run.env_steps)


class _Table:
    """A table in a file, whose header grows with what is written."""

    def __init__(self, path: Path, until: int) -> None:
        self._path = path
        lines = [line for line in self._lines() if int(line[_STEPS]) <= until]
        self._last: dict[str, Any] = dict(lines[-1]) if lines else {}
        self.newest = int(self._last.get(_STEPS, -1))
        self._columns = [_STEPS, *(name for name in self._last if name != _STEPS)]
        self._rewrite(lines)

    def write(self, numbers: Numbers, env_steps: int) -> None:
        """Add a line."""
        self.newest, self._last = env_steps, {_STEPS: env_steps, **numbers}
        new = [name for name in self._last if name not in self._columns]
        if new:
            self._columns += sorted(new)
            self._rewrite([*self._lines(), self._last])
            return
        with room_for(self._path, None), self._path.open("a", newline="") as file:
            self._writer(file).writerow(self._last)

    def finish(self, outcome: Numbers, env_steps: int, curve: Path | None) -> None:  # noqa: ARG002
        """Add the outcome to the last line."""
        lines = list(self._lines())
        if not lines or int(lines[-1][_STEPS]) != env_steps:
            lines.append({_STEPS: env_steps})
        lines[-1] |= outcome
        self._columns += [name for name in outcome if name not in self._columns]
        self._rewrite(lines)

    def break_off(self, *, interrupted: bool) -> None:
        """Leave the file as it is: it is closed after every line."""

    def _lines(self) -> list[dict[str, Any]]:
        """Return the lines of the file; one that a crash cut off is left out."""
        if not self._path.is_file():
            return []
        with self._path.open(newline="") as file:
            lines = list(csv.DictReader(file))
        return [line for line in lines if _is_whole(line)]

    def _rewrite(self, lines: Iterable[dict[str, Any]]) -> None:
        with replacing(self._path, synced=False) as aside, aside.open("w", newline="") as file:
            writer = self._writer(file)
            writer.writeheader()
            writer.writerows(lines)

    def _writer(self, file: Any) -> "csv.DictWriter[str]":
        return csv.DictWriter(file, self._columns, restval="", lineterminator="\n")


def _is_whole(line: dict[str, Any]) -> bool:
    steps = line.get(_STEPS) or ""
    return steps.isdecimal() and None not in line and None not in line.values()
