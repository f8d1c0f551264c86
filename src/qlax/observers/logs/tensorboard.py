"""TensorBoard's event files."""

import socket
import struct
import time
from pathlib import Path
from typing import Any, ClassVar

from qlax.observers.logs.core import Log, LoggedRun, OpenLog
from qlax.observers.logs.names import Numbers
from qlax.runs.folder import replacing

_SUFFIX = ".qlax"
_FILES = f"events.out.tfevents.*{_SUFFIX}"
_HEAD, _FOOT = 12, 4
_SHOWN_BESIDE_SETTINGS = ("final/return", "final/best_return", "final/total_seconds")
_VERSION = "brain.Event:2"
_WRITTEN_EVERY = 5.0
"""Seconds: writing a little at a time is what takes long."""


class TensorBoard(Log):
    """Writes an event file in each seed's folder: `tensorboard --logdir runs` shows them.

    Scalars, the configuration as hyper-parameters, and the learning curve as a picture. What is
    newer than the checkpoint that a run goes on from is dropped.

    >>> qlax.train("CartPole-v1", observers=[qlax.observers.TensorBoard()])
    """

    service: ClassVar = "tensorboard"
    packages: ClassVar = ("tensorboardX",)

    @classmethod
    def is_in(cls, run_folder: Path) -> bool:
        """Return whether there are events."""
        return any(run_folder.glob(_FILES))

    def begin(self, event: Any) -> None:
        """Import what is needed: that is no part of training."""
        import tensorboardX  # noqa: F401

        super().begin(event)

    def opened(self, run: LoggedRun) -> OpenLog:
        """Return the seed's events."""
        return _Events(run)


class _Events:
    """An event file, to which is written every few seconds."""

    def __init__(self, run: LoggedRun) -> None:
        from tensorboardX.record_writer import RecordWriter
        from tensorboardX.summary import hparams

        self.newest = max(
            (_cut(path, run.env_steps) for path in sorted(run.folder.glob(_FILES))), default=-1
        )
        self._file = RecordWriter(str(_new_file(run.folder)))
        self._waiting: list[tuple[float, int, Numbers]] = []
        self._written = time.monotonic()
        settings = {
            name: int(value) if isinstance(value, bool) else value
            for name, value in run.settings.items()
        }
        *begun, self._ended = hparams(settings, dict.fromkeys(_SHOWN_BESIDE_SETTINGS, 0.0))
        self._event(file_version=_VERSION)
        for summary in begun:
            self._event(summary=summary)
        self._file.flush()

    def write(self, numbers: Numbers, env_steps: int) -> None:
        """Keep numbers until it is time to write them."""
        self.newest = env_steps
        self._waiting.append((time.time(), env_steps, numbers))
        if time.monotonic() - self._written >= _WRITTEN_EVERY:
            self._write_waiting()

    def finish(self, outcome: Numbers, env_steps: int, curve: Path | None) -> None:
        """Add the outcome and the picture."""
        from tensorboardX.proto.summary_pb2 import Summary

        self.write(outcome, env_steps)
        self._write_waiting()
        if curve is not None:
            picture = _picture(Summary, curve)
            self._event(summary=Summary(value=[picture]), step=env_steps)
        self._event(summary=self._ended, step=env_steps)
        self._file.close()

    def break_off(self, *, interrupted: bool) -> None:  # noqa: ARG002
        """Close the file."""
        self._write_waiting()
        self._file.close()

    def _write_waiting(self) -> None:
        """Write an event for everything that waits."""
        from tensorboardX.proto.summary_pb2 import Summary

        waiting, self._waiting = self._waiting, []
        for at, env_steps, numbers in waiting:
            values = [Summary.Value(tag=tag, simple_value=value) for tag, value in numbers.items()]
            self._event(summary=Summary(value=values), step=env_steps, wall_time=at)
        self._file.flush()
        self._written = time.monotonic()

    def _event(self, *, wall_time: float | None = None, **entries: Any) -> None:
        from tensorboardX.proto.event_pb2 import Event

        event = Event(wall_time=time.time() if wall_time is None else wall_time, **entries)
        self._file.write(event.SerializeToString())


def _new_file(folder: Path) -> Path:
    """Return a name that TensorBoard knows, later than that of every other file in the folder."""
    second = int(time.time())
    while True:
        path = folder / f"events.out.tfevents.{second:010d}.{socket.gethostname()}{_SUFFIX}"
        if not path.exists():
            return path
        second += 1


def _picture(summary: Any, path: Path) -> Any:
    """Return a PNG as a value of a summary."""
    from PIL import Image

    with Image.open(path) as image:
        width, height, channels = *image.size, len(image.getbands())
    image = summary.Image(
        height=height,
        width=width,
        colorspace=channels,
        encoded_image_string=path.read_bytes(),
    )
    return summary.Value(tag="curve", image=image)


def _cut(path: Path, until: int) -> int:
    """Drop from an event file what is newer than some steps, and the hyper-parameters.

    A record is the length in eight bytes, its checksum in four, an event, its checksum in four.

    Returns:
        The steps of the newest numbers that stay; −1 for none.
    """
    from tensorboardX.proto.event_pb2 import Event

    content, kept, at, newest = path.read_bytes(), [], 0, -1
    while at + _HEAD + _FOOT <= len(content):
        (size,) = struct.unpack_from("<Q", content, at)
        end = at + _HEAD + size + _FOOT
        if end > len(content):  # cut off by a crash
            break
        event = Event.FromString(content[at + _HEAD : end - _FOOT])
        tags = [value.tag for value in event.summary.value]
        if event.step <= until and not any(tag.startswith("_hparams_") for tag in tags):
            kept.append(content[at:end])
            if tags:
                newest = max(newest, event.step)
        at = end
    whole = b"".join(kept)
    if whole != content:
        with replacing(path, len(whole), synced=False) as aside:
            aside.write_bytes(whole)
    return newest
