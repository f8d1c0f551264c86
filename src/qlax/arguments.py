"""Arguments of public functions, converted to plain values or refused before any work begins."""

import functools
import numbers
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np

from qlax.errors import UsageError, require, shown

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


def refuses_plainly(function: Callable[P, R]) -> Callable[P, R]:
    """Let a public function raise `UsageError` without the frames inside qlax.

    What the user gave is wrong, not what happens inside qlax. The cause stays, if there is one,
    such as what the user's own code raised.
    """

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except UsageError as error:
            raise error.with_traceback(None)  # noqa: B904

    return called


def whole_number(name: str, value: Any, *, at_least: int = 0) -> int:
    """Return a whole number of Python for one of NumPy or JAX, or for a float such as `1e5`.

    Raises:
        UsageError: if it is none, or less than `at_least`.
    """
    number = _plain(value)
    is_whole = _is_finite(number) and number == int(number)
    require(is_whole and number >= at_least, name, value, f"a whole number, at least {at_least}")
    return int(number)


def whole_numbers(name: str, values: Any) -> list[int]:
    """Return several whole numbers as a list of Python's integers.

    Raises:
        UsageError: if they are not several, or one is no whole number.
    """
    found = enumerate(several(name, values, "whole numbers"))
    return [whole_number(f"{name}[{at}]", value) for at, value in found]


def number(name: str, value: Any, *, above: float | None = None) -> float:
    """Return a finite number of Python for one of NumPy or JAX.

    Raises:
        UsageError: if it is none, or not greater than `above`.
    """
    plain = _plain(value)
    fits = _is_finite(plain) and (above is None or plain > above)
    right = "a finite number" if above is None else f"a finite number greater than {above:g}"
    require(fits, name, value, right)
    return float(plain)


def seconds_or_none(name: str, value: Any) -> float | None:
    """Return seconds greater than 0, or None for no limit.

    Raises:
        UsageError: if it is neither.
    """
    return None if value is None else number(name, value, above=0.0)


def several(name: str, values: Any, what: str) -> list[Any]:
    """Return an iterable as a list; text does not count as one.

    Raises:
        UsageError: if `values` is a single thing.
    """
    if not isinstance(values, str | bytes):
        try:
            return list(values)
        except TypeError:  # also of an array without a dimension
            pass
    raise UsageError(f"{name} is {shown(values)}, but must be several {what}, such as a list.")


def instance_of(name: str, value: Any, kind: type[T], otherwise: str) -> T:
    """Return a value of a given class.

    Raises:
        UsageError: if it is not; `otherwise` says what would be right.
    """
    if not isinstance(value, kind):
        raise UsageError(f"{name} is {shown(value)}, but must be {otherwise}.")
    return value


def flag(name: str, value: Any) -> bool:
    """Return a truth value, Python's or NumPy's."""
    value = _plain(value)
    if not isinstance(value, bool):
        raise UsageError(f"{name} is {shown(value)}, but must be True or False.")
    return value


def path_of(name: str, value: Any) -> Path:
    """Return a path, with `~` as the home folder."""
    try:
        return Path(value).expanduser()
    except (TypeError, RuntimeError) as error:
        raise UsageError(f"{name} is {shown(value)}, but must be a path.") from error


def _plain(value: Any) -> Any:
    """Return an array without a dimension, NumPy's or JAX's, as a number of Python's."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        return np.asarray(value).item()
    return value


def _is_finite(value: Any) -> bool:
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return is_number and bool(np.isfinite(float(value)))
