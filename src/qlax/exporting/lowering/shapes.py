"""Arrays laid out otherwise: other shapes and orders of axes, parts of them, several as one."""

import numpy as np

from qlax.exporting.lowering.core import Equation, Lowering
from qlax.exporting.program import Builder, Operand, Rows, Shape, Value


def _broadcast(builder: Builder, equation: Equation, x: Operand) -> Operand:
    """Return x with axes of one entry; what takes the whole asks for it."""
    sizes: list[int | Rows] = [1] * len(equation.output.shape)
    for axis, size in zip(equation.settings["broadcast_dimensions"], x.shape, strict=True):
        sizes[axis] = size
    return builder.reshape(x, tuple(sizes))


def _reshape(builder: Builder, equation: Equation, x: Operand) -> Operand:
    if equation.settings.get("dimensions") is not None:
        raise NotImplementedError("of axes in another order")
    (whole,) = equation.whole(builder, x)
    return builder.reshape(whole, equation.output.shape)


def _squeeze(builder: Builder, equation: Equation, x: Operand) -> Operand:
    gone = {axis % len(x.shape) for axis in equation.settings["dimensions"]}
    return builder.reshape(x, tuple(s for axis, s in enumerate(x.shape) if axis not in gone))


def _transpose(builder: Builder, equation: Equation, x: Operand) -> Operand:
    return builder.transpose(x, equation.settings["permutation"])


def _concatenate(builder: Builder, equation: Equation, *operands: Operand) -> Operand:
    axis, shape = equation.settings["dimension"], equation.output.shape
    if isinstance(shape[axis], Rows):
        raise NotImplementedError("along the batch")
    return builder.add("concat", equation.whole(builder, *operands), shape, axis=axis)


def cut(builder: Builder, x: Operand, bounds: dict[int, tuple[int, int, int]]) -> Operand:
    """Return a part of an array: by axis where it begins, where it ends, and each how many-th."""
    shape: list[int | Rows] = list(x.shape)
    kept = {}
    for axis, (start, stop, step) in bounds.items():
        size = shape[axis]
        if isinstance(size, Rows):
            raise NotImplementedError("of some of the batch")
        if (start, stop, step) != (0, size, 1):
            kept[axis] = (start, stop, step)
            shape[axis] = -(-(stop - start) // step)
    if not kept:
        return x
    starts, stops, steps = (tuple(bound[at] for bound in kept.values()) for at in range(3))
    return builder.add(
        "slice", [x], tuple(shape), axes=tuple(kept), starts=starts, stops=stops, steps=steps
    )


def _slice(builder: Builder, equation: Equation, x: Operand) -> Operand:
    (whole,) = equation.whole(builder, x)
    settings = equation.settings
    steps = settings["strides"] or (1,) * len(whole.shape)
    bounds = {
        axis: bound
        for axis, bound in enumerate(
            zip(settings["start_indices"], settings["limit_indices"], steps, strict=True)
        )
        if not (bound[0] == 0 and bound[1] == whole.shape[axis] and bound[2] == 1)
    }
    return cut(builder, whole, bounds)


def _dynamic_slice(builder: Builder, equation: Equation, x: Operand, *starts: Operand) -> Operand:
    if any(isinstance(start, Value) for start in starts):
        raise NotImplementedError("at a place that is computed")
    whole = builder.full(x, equation.inputs[0].shape)
    bounds = {}
    sizes: Shape = equation.settings["slice_sizes"]
    for axis, (start, size) in enumerate(zip(map(np.asarray, starts), sizes, strict=True)):
        extent = whole.shape[axis]
        if size != extent:
            if isinstance(size, Rows) or isinstance(extent, Rows):
                raise NotImplementedError("of some of the batch")
            at = min(max(int(start), 0), extent - size)
            bounds[axis] = (at, at + size, 1)
    return cut(builder, whole, bounds)


def _split(builder: Builder, equation: Equation, x: Operand) -> list[Operand]:
    (whole,) = equation.whole(builder, x)
    parts, at = [], 0
    for size in equation.settings["sizes"]:
        parts.append(cut(builder, whole, {equation.settings["axis"]: (at, at + size, 1)}))
        at += size
    return parts


def _pad(builder: Builder, equation: Equation, x: Operand, value: Operand) -> Operand:
    config = equation.settings["padding_config"]
    if isinstance(value, Value):
        raise NotImplementedError("with a number that is computed")
    if any(inner for _, _, inner in config) or any(min(low, high) < 0 for low, high, _ in config):
        raise NotImplementedError("between entries, or less than nothing")
    whole = builder.full(x, equation.inputs[0].shape)
    return builder.add(
        "pad",
        [whole],
        equation.output.shape,
        low=tuple(low for low, _, _ in config),
        high=tuple(high for _, high, _ in config),
        value=np.asarray(value).item(),
    )


def _reverse(builder: Builder, equation: Equation, x: Operand) -> Operand:
    (whole,) = equation.whole(builder, x)
    axes = tuple(equation.settings["dimensions"])
    if any(isinstance(whole.shape[axis], Rows) for axis in axes):
        raise NotImplementedError("of the batch")
    return builder.add("flip", [whole], whole.shape, axes=axes)


def _iota(builder: Builder, equation: Equation, *_: Operand) -> Operand:  # noqa: ARG001
    shape, axis = equation.output.shape, equation.settings["dimension"]
    extent = shape[axis]
    if isinstance(extent, Rows):
        raise NotImplementedError("along the batch")
    sizes = [1] * len(shape)
    sizes[axis] = extent
    return np.arange(extent, dtype=equation.output.dtype).reshape(sizes)


LOWERINGS: dict[str, Lowering] = {
    "broadcast_in_dim": _broadcast,
    "concatenate": _concatenate,
    "dynamic_slice": _dynamic_slice,
    "iota": _iota,
    "pad": _pad,
    "reshape": _reshape,
    "rev": _reverse,
    "slice": _slice,
    "split": _split,
    "squeeze": _squeeze,
    "transpose": _transpose,
}
