"""A program run by NumPy: slow and plain, for formats whose own runtime is not at hand."""

from collections.abc import Callable, Sequence
from math import erf
from typing import Any

import numpy as np

from qlax.exporting.program import Program, Rows, Shape, Value

Evaluated = Callable[..., Any]
"""(operation, *arrays) → an array."""


def interpreted(program: Program, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return what a program makes of arrays, in which convolutions and pooling have no place."""
    rows = len(inputs[0])
    known = {value.name: array for value, array in zip(program.inputs, inputs, strict=True)}

    def read(operand: Any) -> np.ndarray:
        return known[operand.name] if isinstance(operand, Value) else operand

    with np.errstate(all="ignore"):
        for operation in program.operations:
            arrays = [read(one) for one in operation.inputs]
            sizes = _sizes(operation.output.shape, rows)
            if operation.kind == "reshape":
                made = arrays[0].reshape(sizes)
            elif operation.kind == "expand":
                made = np.broadcast_to(arrays[0], sizes)
            else:
                made = _EVALUATED[operation.kind](operation.settings, *arrays)
            known[operation.output.name] = np.asarray(made).astype(operation.output.dtype)
    return [read(one) for one in program.outputs]


def _sizes(shape: Shape, rows: int) -> tuple[int, ...]:
    return tuple(size.each * rows if isinstance(size, Rows) else size for size in shape)


def _of(function: Callable[..., Any]) -> Evaluated:
    """Return an operation that is told nothing but arrays."""
    return lambda settings, *arrays: function(*arrays)  # noqa: ARG005


def _division(settings: Any, one: np.ndarray, other: np.ndarray) -> Any:  # noqa: ARG001
    return one / other if one.dtype.kind == "f" else np.trunc(one / other)


def _slice(settings: Any, x: np.ndarray) -> Any:
    cuts = [slice(None)] * x.ndim
    bounds = (settings[name] for name in ("axes", "starts", "stops", "steps"))
    for axis, *bound in zip(*bounds, strict=True):
        cuts[axis] = slice(*bound)
    return x[tuple(cuts)]


def _pad(settings: Any, x: np.ndarray) -> Any:
    sides = list(zip(settings["low"], settings["high"], strict=True))
    return np.pad(x, sides, constant_values=settings["value"])


def _reduced(settings: Any, x: np.ndarray) -> Any:
    how: Any = {"sum": np.sum, "prod": np.prod, "max": np.max, "min": np.min}[settings["how"]]
    return how(x, axis=settings["axes"])


def _cumulative_sum(settings: Any, x: np.ndarray) -> Any:
    axis = settings["axis"]
    if not settings["reverse"]:
        return np.cumsum(x, axis)
    return np.flip(np.cumsum(np.flip(x, axis), axis), axis)


_EVALUATED: dict[str, Evaluated] = {
    "abs": _of(np.abs),
    "acos": _of(np.arccos),
    "add": _of(np.add),
    "and": _of(np.logical_and),
    "argmax": lambda settings, x: np.argmax(x, settings["axis"]),
    "argmin": lambda settings, x: np.argmin(x, settings["axis"]),
    "asin": _of(np.arcsin),
    "atan": _of(np.arctan),
    "cast": _of(np.asarray),
    "ceil": _of(np.ceil),
    "concat": lambda settings, *arrays: np.concatenate(arrays, settings["axis"]),
    "cos": _of(np.cos),
    "cosh": _of(np.cosh),
    "cumsum": _cumulative_sum,
    "div": _division,
    "eq": _of(np.equal),
    "erf": _of(np.vectorize(erf, otypes=[np.float64])),
    "exp": _of(np.exp),
    "flip": lambda settings, x: np.flip(x, settings["axes"]),
    "floor": _of(np.floor),
    "ge": _of(np.greater_equal),
    "gt": _of(np.greater),
    "le": _of(np.less_equal),
    "log": _of(np.log),
    "logistic": _of(lambda x: 1.0 / (1.0 + np.exp(-x))),
    "lt": _of(np.less),
    "matmul": _of(np.matmul),
    "max": _of(np.maximum),
    "min": _of(np.minimum),
    "mul": _of(np.multiply),
    "ne": _of(np.not_equal),
    "neg": _of(np.negative),
    "not": _of(np.logical_not),
    "or": _of(np.logical_or),
    "pad": _pad,
    "pow": _of(np.power),
    "reduce": _reduced,
    "rem": _of(np.fmod),
    "round": _of(np.round),
    "sign": _of(np.sign),
    "sin": _of(np.sin),
    "sinh": _of(np.sinh),
    "slice": _slice,
    "sqrt": _of(np.sqrt),
    "sub": _of(np.subtract),
    "take": lambda settings, x, places: np.take(x, places, settings["axis"]),
    "take_along": lambda settings, x, places: np.take_along_axis(x, places, settings["axis"]),
    "tan": _of(np.tan),
    "tanh": _of(np.tanh),
    "transpose": lambda settings, x: np.transpose(x, settings["order"]),
    "where": _of(np.where),
    "xor": _of(np.logical_xor),
}

OPERATIONS = frozenset(_EVALUATED) | {"reshape", "expand"}
"""Operations that are known here."""
