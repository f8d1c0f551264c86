"""Products of matrices, and convolutions."""

from typing import Any

import numpy as np

from qlax.exporting.lowering.core import Equation, Lowering
from qlax.exporting.program import Builder, Operand, Shape, product


def _dot(builder: Builder, equation: Equation, left: Operand, right: Operand) -> Operand:
    """Write a product of any axes as [batch, rows, inner] by [batch, inner, columns]."""
    left, right = equation.whole(builder, left, right)
    (inner_left, inner_right), (batch_left, batch_right) = equation.settings["dimension_numbers"]
    free_left = _others(left.shape, inner_left, batch_left)
    free_right = _others(right.shape, inner_right, batch_right)
    output = equation.output
    inner = product([left.shape[axis] for axis in inner_left])
    columns = product([right.shape[axis] for axis in free_right])
    batch = tuple(left.shape[axis] for axis in batch_left)
    rows: Shape = tuple(left.shape[axis] for axis in free_left)
    left = builder.transpose(left, (*batch_left, *free_left, *inner_left))
    right = builder.transpose(right, (*batch_right, *inner_right, *free_right))
    if batch:  # a matrix for each
        rows = (product(rows),)
    left = builder.reshape(left, (*batch, *(rows or (1,)), inner))
    right = builder.reshape(right, (*batch, inner, columns))
    made = builder.add("matmul", [left, right], (*batch, *(rows or (1,)), columns), output.dtype)
    return builder.reshape(made, output.shape)


def _others(shape: Shape, *taken: Any) -> list[int]:
    gone = {axis for axes in taken for axis in axes}
    return [axis for axis in range(len(shape)) if axis not in gone]


def _convolution(builder: Builder, equation: Equation, images: Operand, kernel: Operand) -> Operand:
    """Write a convolution as one of [B, channels, …] with [outputs, channels, …]."""
    images, kernel = equation.whole(builder, images, kernel)
    settings = equation.settings
    if settings["batch_group_count"] != 1 or any(one != 1 for one in settings["lhs_dilation"]):
        raise NotImplementedError("of dilated images or groups of the batch")
    if any(min(sides) < 0 for sides in settings["padding"]):
        raise NotImplementedError("with less than nothing around")
    numbers, output = settings["dimension_numbers"], equation.output
    images = builder.transpose(images, numbers.lhs_spec)
    kernel = builder.transpose(kernel, numbers.rhs_spec)
    made = builder.add(
        "convolution",
        [images, kernel],
        tuple(output.shape[axis] for axis in numbers.out_spec),
        output.dtype,
        strides=tuple(settings["window_strides"]),
        padding=tuple(settings["padding"]),
        dilations=tuple(settings["rhs_dilation"]),
        groups=settings["feature_group_count"],
    )
    return builder.transpose(made, tuple(np.argsort(numbers.out_spec).tolist()))


LOWERINGS: dict[str, Lowering] = {"dot_general": _dot, "conv_general_dilated": _convolution}
