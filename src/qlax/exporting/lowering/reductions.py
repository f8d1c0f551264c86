"""Sums, maxima and the like along axes and over windows, and where the largest entry is."""

from functools import partial

import numpy as np

from qlax.exporting.lowering.core import Equation, Lowering
from qlax.exporting.lowering.elementwise import apply
from qlax.exporting.program import Builder, Operand, Rows


def _reduced(how: str, builder: Builder, equation: Equation, x: Operand) -> Operand:
    (whole,) = equation.whole(builder, x)
    axes = tuple(equation.settings["axes"])
    if any(isinstance(whole.shape[axis], Rows) for axis in axes):
        raise NotImplementedError("over the batch")
    if not axes:
        return whole
    is_bool = whole.dtype == np.bool_
    numbers = builder.cast(whole, np.int32) if is_bool else whole
    made: Operand = builder.add("reduce", [numbers], equation.output.shape, how=how, axes=axes)
    return apply(builder, "ne", made, np.zeros((), np.int32)) if is_bool else made


def _place(kind: str, builder: Builder, equation: Equation, x: Operand) -> Operand:
    """Return where the largest or smallest entry along an axis is, the first of equals."""
    (whole,) = equation.whole(builder, x)
    (axis,) = equation.settings["axes"]
    if isinstance(whole.shape[axis], Rows):
        raise NotImplementedError("over the batch")
    if whole.dtype.kind != "f":
        whole = builder.cast(whole, np.int32)
    return builder.add(kind, [whole], equation.output.shape, equation.output.dtype, axis=axis)


def _cumulative_sum(builder: Builder, equation: Equation, x: Operand) -> Operand:
    (whole,) = equation.whole(builder, x)
    axis = equation.settings["axis"]
    if isinstance(whole.shape[axis], Rows):
        raise NotImplementedError("along the batch")
    reverse = bool(equation.settings["reverse"])
    return builder.add("cumsum", [whole], whole.shape, axis=axis, reverse=reverse)


def _over_windows(how: str, builder: Builder, equation: Equation, x: Operand) -> Operand:
    (whole,) = equation.whole(builder, x)
    settings = equation.settings
    sizes, strides, padding = (
        settings[name] for name in ("window_dimensions", "window_strides", "padding")
    )
    dilated = [*settings["base_dilation"], *settings["window_dilation"]]
    axes = [
        axis
        for axis, (size, stride, sides) in enumerate(zip(sizes, strides, padding, strict=True))
        if size != 1 or stride != 1 or tuple(sides) != (0, 0)
    ]
    others = [axis for axis in range(len(whole.shape)) if axis not in axes]
    if any(one != 1 for one in dilated) or len(others) != 2 or others[0] != 0:
        raise NotImplementedError("over windows that are not of images alone")
    order = (*others, *axes)
    made = builder.add(
        "pool",
        [builder.transpose(whole, order)],
        tuple(equation.output.shape[axis] for axis in order),
        how=how,
        sizes=tuple(sizes[axis] for axis in axes),
        strides=tuple(strides[axis] for axis in axes),
        padding=tuple(tuple(padding[axis]) for axis in axes),
    )
    return builder.transpose(made, tuple(np.argsort(order).tolist()))


LOWERINGS: dict[str, Lowering] = {
    "reduce_sum": partial(_reduced, "sum"),
    "reduce_max": partial(_reduced, "max"),
    "reduce_min": partial(_reduced, "min"),
    "reduce_prod": partial(_reduced, "prod"),
    "reduce_and": partial(_reduced, "min"),
    "reduce_or": partial(_reduced, "max"),
    "argmax": partial(_place, "argmax"),
    "argmin": partial(_place, "argmin"),
    "cumsum": _cumulative_sum,
    "reduce_window_max": partial(_over_windows, "max"),
    "reduce_window_sum": partial(_over_windows, "sum"),
}
