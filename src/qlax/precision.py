"""qlax computes in 32 bits, also in a program that has set `jax_enable_x64`.

So a run is the same to the last bit whatever else its program does, and its files fit everywhere.
Dtypes at every array would not do: environments, networks and optimisers from elsewhere take JAX's
defaults.
"""

import functools
import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, ParamSpec, TypeVar

import jax
import jax.experimental

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)


def in_32_bits(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function compute in 32 bits; other threads, and what comes after it, are as before."""

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        if not jax.config.jax_enable_x64:  # type: ignore[attr-defined]
            return function(*args, **kwargs)
        with _without_x64():
            return function(*args, **kwargs)

    return called


def computes_in_32_bits(kind: C) -> C:
    """Let all public methods of a class compute in 32 bits."""
    for name, method in list(vars(kind).items()):
        if inspect.isfunction(method) and (name == "__call__" or not name.startswith("_")):
            setattr(kind, name, in_32_bits(method))
    return kind


def _without_x64() -> AbstractContextManager[Any]:
    enable_x64: Any = getattr(jax, "enable_x64", None)
    if enable_x64 is None:  # JAX before 0.8
        enable_x64 = jax.experimental.enable_x64  # type: ignore[attr-defined]
    context: AbstractContextManager[Any] = enable_x64(False)
    return context
