"""Numbers of an environment's own, out of the `info` of Gymnasium's steps."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from qlax.arguments import several
from qlax.errors import UsageError, shown
from qlax.warning import warn

Over = Literal["mean", "last", "max"]
"""What is taken of an episode's steps."""
_PREFIX = "info."
_MOST_KEYS = 30
_WHAT = (
    "must be info.KEY, info.KEY:last or info.KEY:max, with KEY of the info that the environment "
    "returns"
)


class InfoMetric(NamedTuple):
    """A number to keep of every episode."""

    name: str
    """As it was asked for, which is the name of its column: `info.x_position:max`."""
    key: str
    """The key; a dot leads into a dict: `episode.r`."""
    over: Over
    """What is taken of an episode's steps."""


def info_metrics(words: Any) -> tuple[InfoMetric, ...]:
    """Return metrics by their names: `info.KEY` for the mean, `info.KEY:last`, `info.KEY:max`.

    Raises:
        UsageError: if one is none.
    """
    names = dict.fromkeys(several("metrics", words, "names of metrics"))
    return tuple(map(_metric, names))


def _metric(name: Any) -> InfoMetric:
    """Return a metric by its name."""
    if isinstance(name, str) and name.startswith(_PREFIX):
        key, colon, over = name.removeprefix(_PREFIX).partition(":")
        over = over if colon else "mean"
        if key and "," not in key and over in get_args(Over):
            return InfoMetric(name, key, over)  # type: ignore[arg-type]
    raise UsageError(f"metrics has {shown(name)}, but {_WHAT}.")


class InfoRecorder:
    """Keeps metrics of N environments, episode by episode.

    Args:
        metrics: What to keep.
        env: The environment's name, for messages.
    """

    def __init__(self, metrics: Iterable[InfoMetric], env: str) -> None:
        self.metrics, self._env = tuple(metrics), env
        self._running: dict[tuple[int, str], _Running] = {}
        self._ended: dict[str, list[float]] = {metric.name: [] for metric in self.metrics}
        self._unseen = {metric.key for metric in self.metrics}
        self._keys: dict[str, None] = {}
        self._episodes, self._said = 0, set[str]()
        self.unfit: dict[str, Any] = {}
        """By its key, the first value of each that was no number."""

    def see(self, index: int, info: Mapping[str, Any], *, ended: bool) -> None:
        """Take what a step of one environment came with.

        Args:
            index: The environment's number.
            info: Of the step; that of a reset is no step's.
            ended: Whether the step ended its episode.
        """
        if self._unseen:
            self._keys.update(dict.fromkeys(_keys(info)))
        self._episodes += ended
        for metric in self.metrics:
            running = self._running.setdefault((index, metric.name), _Running())
            value = self._number(metric, info)
            if value is not None:
                running.add(value)
            if ended:
                if running.count:
                    self._ended[metric.name].append(running.over(metric.over))
                self._running[index, metric.name] = _Running()

    def columns(self) -> dict[str, float | None]:
        """Return each metric's mean over the episodes that ended since the last call."""
        if self._episodes:
            for key in sorted(self._unseen - self._said):
                self._said.add(key)
                warn(f"An episode of {self._env} ended without {_PREFIX}{key}: {self.seen}.")
        for key in sorted(self.unfit.keys() - self._said):
            self._said.add(key)
            value = shown(self.unfit[key])
            warn(f"{_PREFIX}{key} of {self._env} was {value}, which is no number: it is left out.")
        columns = {
            name: float(np.mean(values)) if values else None for name, values in self._ended.items()
        }
        self._ended = {name: [] for name in self._ended}
        return columns

    @property
    def missing(self) -> list[str]:
        """The keys that no step has come with so far."""
        return sorted(self._unseen)

    @property
    def seen(self) -> str:
        """What steps came with, in words."""
        if not self._keys:
            return "its info was empty"
        names = list(self._keys)
        more = f" and {len(names) - _MOST_KEYS} more" if len(names) > _MOST_KEYS else ""
        return f"its info had {', '.join(names[:_MOST_KEYS])}{more}"

    @property
    def episodes(self) -> int:
        """How many episodes have ended."""
        return self._episodes

    def _number(self, metric: InfoMetric, info: Mapping[str, Any]) -> float | None:
        """Return the number of a step; None if there is none, or it is not finite."""
        value = _found(info, metric.key)
        if value is None:
            return None
        self._unseen.discard(metric.key)
        number = _as_number(value)
        if number is None:
            self.unfit.setdefault(metric.key, value)
        return number if number is not None and math.isfinite(number) else None


class _Running:
    """A number along an episode."""

    def __init__(self) -> None:
        self.count, self.total, self.last, self.largest = 0, 0.0, 0.0, -math.inf

    def add(self, value: float) -> None:
        """Take the number of one more step."""
        self.count, self.total, self.last = self.count + 1, self.total + value, value
        self.largest = max(self.largest, value)

    def over(self, over: Over) -> float:
        """Return what is taken of the steps."""
        if over == "mean":
            return self.total / self.count
        return self.last if over == "last" else self.largest


def _found(info: Any, key: str) -> Any:
    """Return what an info has under a key; None if it has nothing there."""
    if not isinstance(info, Mapping):
        return None
    if key in info:
        return info[key]
    head, dot, rest = key.partition(".")
    return _found(info.get(head), rest) if dot else None


def _keys(info: Mapping[str, Any], above: str = "") -> list[str]:
    """Return the keys of an info that lead to anything but a dict."""
    names: list[str] = []
    for key, value in info.items():
        path = f"{above}{key}"
        names += _keys(value, f"{path}.") if isinstance(value, Mapping) else [path]
    return names


def _as_number(value: Any) -> float | None:
    """Return a number, or an array that holds one; None if it is none."""
    if isinstance(value, bool | int | float):
        return float(value)
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return float(array.reshape(())) if array.size == 1 and array.dtype.kind in "biuf" else None
