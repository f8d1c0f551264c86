"""TensorBoard's event files: their scalars, without TensorFlow or TensorBoard.

A file is a row of records: the length in eight bytes, its checksum in four, an `Event` as a
protocol buffer, its checksum in four. Of an event, field 1 is the time, 2 the step, 5 the summary;
a summary has values in field 1, each with a tag (1) and either a plain number (2) or a tensor (8),
as newer writers have it.
"""

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from qlax.comparing.foreign import protobuf
from qlax.comparing.foreign.core import Columns, Log, NotALog, known_among
from qlax.comparing.trace import Line

_HEAD, _FOOT = 12, 4
_LONGEST = 1 << 30


class Scalar(NamedTuple):
    """A number that was logged."""

    tag: str
    step: int
    time: float
    """Seconds since 1970."""
    value: float


def read_events(paths: Iterable[Path], columns: Columns) -> Log:
    """Return the returns logged in a run's event files, and every other scalar by its tag.

    Raises:
        NotALog: if a file is none of these.
    """
    series: dict[str, list[Scalar]] = {}
    for path in sorted(paths):
        for scalar in scalars(path):
            series.setdefault(scalar.tag, []).append(scalar)
    tags = list(series)
    began = min((one[0].time for one in series.values()), default=0.0)
    renamed = {tag: kind for kind, tag in known_among(tags, columns).items()}
    lines = {renamed.get(tag, tag): _line(found, began) for tag, found in series.items()}
    return Log(lines, names=tuple(tags))


def _line(found: list[Scalar], began: float) -> Line:
    axes = {
        "steps": np.asarray([scalar.step for scalar in found], np.float64),
        "seconds": np.asarray([scalar.time - began for scalar in found], np.float64),
    }
    return Line(axes, np.asarray([scalar.value for scalar in found], np.float64))  # type: ignore[arg-type]


def scalars(path: Path) -> Iterator[Scalar]:
    """Return the scalars of an event file in the order of writing; a cut-off end is left out.

    Raises:
        NotALog: if it is no event file.
    """
    for number, record in enumerate(_records(path)):
        try:
            yield from _scalars_in(record)
        except (ValueError, struct.error) as error:
            raise NotALog(f"its record {number + 1} is damaged ({error})") from None


def _records(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        first = True
        while len(head := file.read(_HEAD)) == _HEAD:
            size = int.from_bytes(head[:8], "little")
            if size > _LONGEST:
                raise NotALog("it does not hold the records of an event file")
            record = file.read(size + _FOOT)
            if len(record) < size + _FOOT:
                if first:
                    raise NotALog("it does not hold the records of an event file")
                return
            first = False
            yield record[:size]


def _scalars_in(event: bytes) -> Iterator[Scalar]:
    time, step, summary = 0.0, 0, b""
    for number, wire, value in protobuf.fields(event):
        if number == 1 and wire == protobuf.FIXED64:
            (time,) = struct.unpack("<d", value)  # type: ignore[arg-type]
        elif number == 2 and isinstance(value, int):
            step = value
        elif number == 5 and isinstance(value, bytes):
            summary = value
    for number, _, value in protobuf.fields(summary):
        if number == 1 and isinstance(value, bytes):
            tag, found = _value_in(value)
            if found is not None:
                yield Scalar(tag, step, time, found)


def _value_in(summary_value: bytes) -> tuple[str, float | None]:
    """Return a tag and its number; None where it is a picture, a histogram or a text."""
    tag, found = "", None
    for number, wire, value in protobuf.fields(summary_value):
        if number == 1 and isinstance(value, bytes):
            tag = value.decode("utf-8", "replace")
        elif number == 2 and wire == protobuf.FIXED32:
            (found,) = struct.unpack("<f", value)  # type: ignore[arg-type]
        elif number == 8 and isinstance(value, bytes):
            found = _tensor(value)
    return tag, found


def _tensor(message: bytes) -> float | None:
    """Return the number that a tensor of float32 (type 1) or float64 (2) holds, if it holds one."""
    kind, content = 0, b""
    numbers: tuple[float, ...] = ()
    for number, wire, value in protobuf.fields(message):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 4 and isinstance(value, bytes):
            content = value
        elif number in (5, 6) and wire != protobuf.VARINT and isinstance(value, bytes):
            numbers = protobuf.floats(value, "f" if number == 5 else "d")
    if content and kind in (1, 2):
        numbers = protobuf.floats(content, "f" if kind == 1 else "d")
    return numbers[0] if len(numbers) == 1 else None
