"""What the functions that write JAX's primitives as operations are given."""

from collections.abc import Callable
from typing import Any, NamedTuple

from qlax.exporting.program import Builder, Operand, Shape

Lowering = Callable[..., Operand | list[Operand]]
"""(builder, equation, *operands) → what the equation makes.

It raises `NotImplementedError` with words that follow "computes NAME" for what it cannot write.
"""


class Array(NamedTuple):
    """An array's whole shape and its type."""

    shape: Shape
    dtype: Any


class Equation(NamedTuple):
    """One equation of a function that JAX traced."""

    primitive: str
    settings: dict[str, Any]
    inputs: tuple[Array, ...]
    """Operands may be shorter: axes along which all entries are equal may have but one."""
    outputs: tuple[Array, ...]

    @property
    def output(self) -> Array:
        """Its only output."""
        (output,) = self.outputs
        return output

    def whole(self, builder: Builder, *operands: Operand) -> list[Operand]:
        """Return the operands in their whole shapes."""
        return [
            builder.full(operand, array.shape)
            for operand, array in zip(operands, self.inputs, strict=True)
        ]
