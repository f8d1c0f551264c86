"""Arguments of the public functions, made plain or refused before any work begins."""

import functools
import numbers
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np

from qlax.errors import UsageError, require

P = ParamSpec("P")
R = TypeVar("R")


def refuses_plainly(function: Callable[P, R]) -> Callable[P, R]:
    """Let a public function's `UsageError` come from where it was called, in one frame.

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
    """Return a whole number of any kind, NumPy's, JAX's or `1e5`, as Python's.

    Raises:
        UsageError: if it is none, or less than `at_least`.
    """
    number = value
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        number = np.asarray(value).item()
    is_number = isinstance(number, numbers.Real) and not isinstance(number, bool)
    is_whole = is_number and np.isfinite(float(number)) and number == int(number)
    require(is_whole and number >= at_least, name, value, f"a whole number, at least {at_least}")
    return int(number)


def whole_numbers(name: str, values: Any) -> list[int]:
    """Return several whole numbers as a list of Python's."""
    try:
        found = list(values)
    except TypeError:
        require(False, name, values, "several whole numbers")
        raise
    return [whole_number(name, value) for value in found]


def path_of(name: str, value: Any) -> Path:
    """Return a path, with `~` as the home folder."""
    try:
        return Path(value).expanduser()
    except (TypeError, RuntimeError) as error:
        raise UsageError(f"{name} is {value!r}, but must be a path.") from error
