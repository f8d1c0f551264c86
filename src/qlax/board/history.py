"""The rows of a run's metrics, read as they are appended."""

import itertools
import json
import math
import os
import threading
import time
from array import array
from pathlib import Path
from typing import Any

from qlax.board.search import signature
from qlax.runs import formats

_MARK = 64
"""Bytes before the place read up to, by which it is known whether the file is still the same."""
_MOST_COLUMNS = 200
_GENERATIONS = itertools.count(time.time_ns() // 1_000_000)
"""No two histories have the same, also not those of another process."""
_CHUNK = 2**21
"""Bytes that are read together: all of a long history at once would take much memory."""


class History:
    """Columns of numbers that grow with their file.

    A file that was replaced, as when a run goes on from a checkpoint, or that has become shorter,
    is read from the start as another *generation*.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.Lock()
        """Held by whoever refreshes or reads the columns."""
        self.generation = next(_GENERATIONS)
        self.columns: dict[str, array[float]] = {}
        """Each metric, with a number for each row; NaN where a row has none."""
        self.rows = 0
        self.unreadable = 0
        """Lines that are no row of metrics."""
        self._inode: int | None = None
        self._offset = 0
        self._mark = b""

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return self.rows * len(self.columns)

    def refresh(self) -> None:
        """Read what has been appended since the last time, up to the end of its last line."""
        found = signature(self.path)
        if found is None:
            if self._inode is not None:
                self._begin_again(None)
            return
        inode, size, _ = found
        if inode == self._inode and size == self._offset:
            return
        with self.path.open("rb") as file:
            inode = os.fstat(file.fileno()).st_ino
            if not (inode == self._inode and size >= self._offset and self._is_the_same(file)):
                self._begin_again(inode)
            file.seek(self._offset)
            rest = b""
            while text := file.read(_CHUNK):
                rest = self._take(rest + text)

    def _take(self, text: bytes) -> bytes:
        """Add the whole lines of what follows in the file, and return what is left of it."""
        end = text.rfind(b"\n") + 1
        if end == 0:
            return text
        self._mark = (self._mark + text[:end])[-_MARK:]
        self._offset += end
        lines = text[:end].splitlines()
        rows = _rows_of(lines)
        self.unreadable += len(lines) - len(rows)
        self._add(rows)
        return text[end:]

    def _is_the_same(self, file: Any) -> bool:
        """Return whether what was read last stands still where it stood."""
        file.seek(self._offset - len(self._mark))
        return bool(file.read(len(self._mark)) == self._mark)

    def _begin_again(self, inode: int | None) -> None:
        self.generation = next(_GENERATIONS)
        self.columns, self.rows, self.unreadable = {}, 0, 0
        self._inode, self._offset, self._mark = inode, 0, b""

    def _add(self, rows: list[dict[str, Any]]) -> None:
        """Add rows to the columns, a column at a time."""
        for name in dict.fromkeys(name for row in rows for name in row):
            if name in self.columns or len(self.columns) < _MOST_COLUMNS:
                numbers = _numbers([row.get(name) for row in rows])
                if name not in self.columns:
                    if all(map(math.isnan, numbers)):
                        continue
                    self.columns[name] = array("d", [math.nan]) * self.rows
                self.columns[name].extend(numbers)
        self.rows += len(rows)
        for column in self.columns.values():
            if len(column) < self.rows:
                column.extend([math.nan] * (self.rows - len(column)))


def _rows_of(lines: list[bytes]) -> list[dict[str, Any]]:
    """Return the rows of lines of metrics, without those that are none of a format read here."""
    try:
        rows = json.loads(b"[" + b",".join(lines) + b"]")  # at once, twice as fast
    except (ValueError, RecursionError):
        rows = []
    if len(rows) != len(lines):
        rows = [_parsed(line) for line in lines]
    return [
        row for row in rows if isinstance(row, dict) and row.pop("format", None) == formats.METRICS
    ]


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _numbers(values: list[Any]) -> "array[float]":
    """Return values as numbers, NaN for what is none."""
    if {*map(type, values)} <= {float}:
        return array("d", values)
    return array("d", [float(value) if _is_number(value) else math.nan for value in values])


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= 1e300  # also False for what is not a number


def last_rows(path: Path, size: int = 16_384) -> list[dict[str, float]]:
    """Return the last rows of a file of metrics, from its last bytes alone."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            end = file.tell()
            file.seek(max(0, end - size))
            text = file.read(size)
    except OSError:
        return []
    lines = text[: text.rfind(b"\n") + 1].splitlines()
    if end > size:
        lines = lines[1:]
    return [
        {name: float(value) for name, value in row.items() if _is_number(value)}
        for row in _rows_of(lines)
    ]
