"""What a search may put into a field: numbers between two, or one of several values."""

import ast
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from qlax import config
from qlax.arguments import several
from qlax.errors import UsageError, nearest, require, shown

_DIGITS = 4
"""Significant digits of a number that is drawn: what is trained can be read and typed."""


class Draws(Protocol):
    """What draws parameters, as Optuna's trial does."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Return a real number."""
        ...

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        """Return a whole number."""
        ...

    def suggest_categorical(self, name: str, choices: Sequence[str]) -> str:
        """Return one of some words."""
        ...


class Range(Protocol):
    """The values that a field may take."""

    def draw(self, trial: "Draws", path: str) -> Any:
        """Return the value that a trial has at a path."""
        ...

    def parameter_of(self, value: Any) -> Any:
        """Return a value as a trial's parameter; None if the range does not hold it."""
        ...

    def examples(self) -> Sequence[Any]:
        """Return values at its ends, or all where there are few."""
        ...

    @property
    def is_numeric(self) -> bool:
        """Whether all of its values are numbers."""
        ...


@dataclass(frozen=True)
class Uniform:
    """Real numbers from `low` to `high`, each as likely as any other."""

    low: float
    """Smallest value."""
    high: float
    """Largest value; more than `low`."""

    def __post_init__(self) -> None:
        _require_order(self)
        _as_floats(self)

    def __str__(self) -> str:
        return _written(self)

    def draw(self, trial: "Draws", path: str) -> float:
        """Return the value that a trial has at a path."""
        return _rounded(trial.suggest_float(path, self.low, self.high), self)

    def parameter_of(self, value: Any) -> float | None:
        """Return a number that the range holds, else None."""
        return float(value) if _holds(self, value) else None

    def examples(self) -> Sequence[float]:
        """Return both ends."""
        return self.low, self.high

    @property
    def is_numeric(self) -> bool:
        """Whether all of its values are numbers: yes."""
        return True


@dataclass(frozen=True)
class Log(Uniform):
    """Real numbers from `low` to `high`, uniform in their logarithm; `low` is more than 0."""

    def __post_init__(self) -> None:
        _require_order(self, positive=True)
        _as_floats(self)

    def draw(self, trial: "Draws", path: str) -> float:
        """Return the value that a trial has at a path."""
        return _rounded(trial.suggest_float(path, self.low, self.high, log=True), self)


@dataclass(frozen=True)
class Int:
    """Whole numbers from `low` to `high`, both included."""

    low: int
    """Smallest value."""
    high: int
    """Largest value; more than `low`."""

    def __post_init__(self) -> None:
        _require_order(self, whole=True)

    def __str__(self) -> str:
        return _written(self)

    def draw(self, trial: "Draws", path: str) -> int:
        """Return the value that a trial has at a path."""
        return trial.suggest_int(path, self.low, self.high)

    def parameter_of(self, value: Any) -> int | None:
        """Return a whole number that the range holds, else None."""
        return value if isinstance(value, int) and _holds(self, value) else None

    def examples(self) -> Sequence[int]:
        """Return both ends."""
        return self.low, self.high

    @property
    def is_numeric(self) -> bool:
        """Whether all of its values are numbers: yes."""
        return True


@dataclass(frozen=True)
class LogInt(Int):
    """Whole numbers from `low` to `high`, uniform in their logarithm; `low` is at least 1."""

    def __post_init__(self) -> None:
        _require_order(self, positive=True, whole=True)

    def draw(self, trial: "Draws", path: str) -> int:
        """Return the value that a trial has at a path, with few digits that are not 0."""
        drawn = trial.suggest_int(path, self.low, self.high, log=True)
        return min(max(int(float(f"{drawn:.2g}")), self.low), self.high)


@dataclass(frozen=True)
class Choice:
    """One of several values: numbers, words, tuples, parts or None."""

    values: tuple[Any, ...]
    """The values; two or more, all different."""

    def __post_init__(self) -> None:
        values = several("Choice.values", self.values, "values")
        object.__setattr__(self, "values", tuple(map(_as_tuple, values)))
        labels = self._labels
        different = len(labels) >= 2 and len(set(labels)) == len(labels)
        require(different, "Choice.values", self.values, "two values or more, all different")

    def __str__(self) -> str:
        return f"choice({', '.join(self._labels)})"

    def draw(self, trial: "Draws", path: str) -> Any:
        """Return the value that a trial has at a path."""
        label = trial.suggest_categorical(path, self._labels)
        return self.values[self._labels.index(label)]

    def parameter_of(self, value: Any) -> str | None:
        """Return the label of a value that is among them, else None."""
        label = config.pasteable(value)
        return label if label in self._labels else None

    def examples(self) -> Sequence[Any]:
        """Return all values."""
        return self.values

    @property
    def is_numeric(self) -> bool:
        """Whether all of its values are numbers."""
        return all(type(value) in (int, float) for value in self.values)

    @property
    def _labels(self) -> list[str]:
        return [config.pasteable(value) for value in self.values]


_KINDS: dict[str, Any] = {
    "log": Log,
    "uniform": Uniform,
    "int": Int,
    "logint": LogInt,
    "choice": Choice,
}
_FORMS = "log(1e-4,1e-2), uniform(0.9,0.999), int(1,10), logint(100,10000) or choice(32,64,128)"


def range_of(path: str, given: Any) -> Range:
    """Return a range from what says it: text, a range, or a list of values.

    Args:
        path: The field that it is of, for messages.
        given: `"log(1e-4, 1e-2)"`, `Log(1e-4, 1e-2)`, or `[32, 64, 128]` for a choice.

    Raises:
        UsageError: if it says none.
    """
    if isinstance(given, Uniform | Int | Choice):
        return given
    if isinstance(given, list | tuple):
        return Choice(tuple(given))
    if not isinstance(given, str):
        raise UsageError(f"search has {path}={shown(given)}, but a range is {_FORMS}.")
    found_form = re.fullmatch(r"\s*(\w+)\s*\((.*)\)\s*", given, re.DOTALL)
    if found_form is None:
        raise UsageError(f"search has {path}={given}, but a range is {_FORMS}.")
    name, inside = found_form.groups()
    if name not in _KINDS:
        hint = nearest(name, _KINDS, f"A range is {_FORMS}.")
        raise UsageError(f"search has {path}={given}, but there is no range {name!r}. {hint}")
    values = [_value(word) for word in _split(inside)]
    if name == "choice":
        return Choice(tuple(values))
    numbers = [value for value in values if type(value) in (int, float)]
    if len(values) != 2 or len(numbers) != 2:
        raise UsageError(f"search has {path}={given}, but {name}(a,b) takes two numbers.")
    if name in ("int", "logint"):
        numbers = [int(value) if float(value).is_integer() else value for value in numbers]
    made: Range = _KINDS[name](*numbers)
    return made


def to_json(found: Any) -> dict[str, Any]:
    """Return a range as plain values."""
    kind = next(name for name, one in _KINDS.items() if type(found) is one)
    if isinstance(found, Choice):
        return {"range": kind, "values": [config.to_json(value) for value in found.values]}
    return {"range": kind, "low": found.low, "high": found.high}


def from_json(document: Any, where: str) -> Range:
    """Return the range that `to_json` described.

    Raises:
        UsageError: if it described none.
    """
    try:
        kind = _KINDS[document["range"]]
        if kind is Choice:
            return Choice(tuple(config.from_json(one, where) for one in document["values"]))
        made: Range = kind(document["low"], document["high"])
    except (KeyError, TypeError):
        raise UsageError(f"{where} is damaged: it has the range {shown(document)}.") from None
    return made


def _split(text: str) -> Iterator[str]:
    """Yield what stands between the commas that are in no brackets."""
    depth, begun = 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            yield text[begun:at].strip()
            begun = at + 1
    if text[begun:].strip():
        yield text[begun:].strip()


def _value(word: str) -> Any:
    """Return the number, tuple or truth value that a word stands for, else the word itself."""
    plain = {"none": None, "true": True, "false": False}
    if word.lower() in plain:
        return plain[word.lower()]
    try:
        return _as_tuple(ast.literal_eval(word))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return word


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list | tuple) else value


def _written(found: "Uniform | Int") -> str:
    kind = next(name for name, one in _KINDS.items() if type(found) is one)
    return f"{kind}({found.low:g}, {found.high:g})"


def _as_floats(found: "Uniform") -> None:
    for field in ("low", "high"):
        object.__setattr__(found, field, float(getattr(found, field)))


def _require_order(found: "Uniform | Int", *, positive: bool = False, whole: bool = False) -> None:
    name = type(found).__name__
    for field in ("low", "high"):
        value = getattr(found, field)
        fits = type(value) is int or (not whole and type(value) is float and math.isfinite(value))
        require(fits, f"{name}.{field}", value, "a whole number" if whole else "a finite number")
    require(found.low < found.high, f"{name}.low", found.low, f"less than high ({found.high:g})")
    require(not positive or found.low > 0, f"{name}.low", found.low, "more than 0")


def _holds(found: "Uniform | Int", value: Any) -> bool:
    return type(value) in (int, float) and bool(found.low <= value <= found.high)


def _rounded(value: float, found: Uniform) -> float:
    return min(max(float(f"{value:.{_DIGITS}g}"), found.low), found.high)
