"""Shapes of arrays, written in signatures and checked where a function is called.

    @checked
    def expected_value(q_next: PerAction, backup: Backup) -> PerSample: ...

A pattern names the axes: equal names are equal lengths within one call, and `...` stands for any
axes, the same ones throughout. Under `jax.jit` functions are called when they are traced, so that
compiled programs pay nothing.
"""

import functools
import typing
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import jax
import numpy as np

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Axes = dict[str, Any]

PerSample = Annotated[jax.Array, "..."]
"""One number a sample, [...]."""
PerAction = Annotated[jax.Array, "... A"]
"""One number an action, [..., A]."""


class ShapeError(ValueError):
    """An array whose shape does not fit. The sentence says which, and what would fit."""


def checked(function: _Function) -> _Function:
    """Return the function, which looks at the shapes of its arguments and of what it returns.

    Patterns are the second part of `Annotated` types, also of the fields of named tuples and of
    types that may be None. `"B K | K"` allows either.

    Raises:
        ShapeError: when called with an array whose shape does not fit. It says the function's
            name, the argument's and the shape.
    """
    name = function.__name__
    hints = typing.get_type_hints(function, include_extras=True)
    returned = hints.pop("return", None)
    order = function.__code__.co_varnames

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        given = {**dict(zip(order, args, strict=False)), **kwargs}
        axes: _Axes = {}
        for argument, hint in hints.items():
            if argument in given:
                _check(f"{name}: {argument}", given[argument], hint, axes)
        result = function(*args, **kwargs)
        _check(f"{name}: what it returns", result, returned, axes)
        return result

    return typing.cast(_Function, call)


def _check(owner: str, value: Any, hint: Any, axes: _Axes) -> None:
    """Raise `ShapeError` unless a value's shape is that of its type; learn the lengths of axes."""
    pattern = _pattern(hint)
    if pattern is not None and isinstance(value, jax.Array | np.ndarray):
        _fit(owner, value.shape, pattern, axes)
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        fields = typing.get_type_hints(type(value), include_extras=True)
        for field, inner in zip(fields, value, strict=True):
            _check(f"{owner}.{field}", inner, fields[field], axes)


@functools.cache
def _pattern(hint: Any) -> str | None:
    """Return the pattern of an annotated type or of a union that has one; None without."""
    if typing.get_origin(hint) is Annotated:
        pattern: str = hint.__metadata__[0]
        return pattern
    found = (_pattern(inner) for inner in typing.get_args(hint))
    return next((pattern for pattern in found if pattern is not None), None)


def _fit(owner: str, shape: tuple[int, ...], pattern: str, axes: _Axes) -> None:
    """Raise `ShapeError` unless a shape is one of a pattern's; learn the lengths of its axes."""
    kinds = [kind.split() for kind in pattern.split("|")]
    for kind in kinds:
        learned = _matched(kind, shape, axes)
        if learned is not None:
            axes.update(learned)
            return
    wanted = " or ".join(f"[{', '.join(kind)}]" for kind in kinds)
    lengths = [f"{axis} = {axes[axis]}" for kind in kinds for axis in kind if axis in axes]
    known = f" with {', '.join(dict.fromkeys(lengths))}" if lengths else ""
    raise ShapeError(f"{owner} must have shape {wanted}{known}, not {list(shape)}.")


def _matched(kind: list[str], shape: tuple[int, ...], axes: _Axes) -> _Axes | None:
    """Return the lengths of a pattern's axes, or None if the shape is another."""
    if "..." in kind:
        before = kind.index("...")
        middle = len(shape) - (len(kind) - before - 1)
        if middle < before:
            return None
        parts: list[Any] = [*shape[:before], shape[before:middle], *shape[middle:]]
    else:
        parts = list(shape)
    if len(parts) != len(kind):
        return None
    learned: _Axes = {}
    for axis, length in zip(kind, parts, strict=True):
        if learned.setdefault(axis, axes.get(axis, length)) != length:
            return None
    return learned
