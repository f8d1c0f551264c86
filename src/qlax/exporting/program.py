"""A policy as a short list of operations on arrays: what every format is written from.

Constants are computed beforehand, and names of operations are few: see `lowering`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np


class Rows(NamedTuple):
    """A size that grows with the batch: so many for each observation of it."""

    each: int

    def __repr__(self) -> str:
        return "B" if self.each == 1 else f"{self.each}B"


Size = int | Rows
Shape = tuple[Size, ...]


@dataclass(frozen=True, eq=False)
class Value:
    """An array that depends on what is observed."""

    name: str
    shape: Shape
    dtype: np.dtype


Operand = Value | np.ndarray
"""What operations take: what depends on observations, or constants."""


@dataclass(frozen=True, eq=False)
class Operation:
    """An array made of others."""

    kind: str
    """Which operation: a key of the tables that formats are written by."""
    inputs: tuple[Operand, ...]
    output: Value
    settings: dict[str, Any]
    """What it is told besides arrays: axes, sizes and the like."""
    place: str
    """The part of the network that asks for it, for messages and comments."""


@dataclass(frozen=True, eq=False)
class Program:
    """Operations in order, from the inputs to the outputs."""

    inputs: tuple[Value, ...]
    operations: tuple[Operation, ...]
    outputs: tuple[Operand, ...]


@dataclass(eq=False)
class Builder:
    """Collects the operations of a program."""

    place: str = ""
    operations: list[Operation] = field(default_factory=list)
    _made_by: dict[str, Operation] = field(default_factory=dict)
    _count: int = 0

    def input(self, shape: Shape, dtype: Any) -> Value:
        """Return a new value, which some operation or the outside makes."""
        self._count += 1
        return Value(f"x{self._count}", shape, np.dtype(dtype))

    def add(
        self, kind: str, inputs: Sequence[Any], shape: Shape, dtype: Any = None, **settings: Any
    ) -> Value:
        """Add an operation and return what it makes; its type is that of its first input."""
        given = tuple(one if isinstance(one, Value) else np.asarray(one) for one in inputs)
        output = self.input(shape, given[0].dtype if dtype is None else dtype)
        made = Operation(kind, given, output, settings, self.place)
        self.operations.append(made)
        self._made_by[output.name] = made
        return output

    # --- operations that many others are made of ------------------------------------------------

    def full(self, operand: Operand, shape: Shape) -> Operand:
        """Return an array in its whole shape, where entries that are all equal were left out."""
        if operand.shape == shape:
            return operand
        if isinstance(operand, np.ndarray) and not any(isinstance(size, Rows) for size in shape):
            return np.broadcast_to(operand, _plain(shape))
        return self.add("expand", [operand], shape)

    def reshape(self, operand: Operand, shape: Shape) -> Operand:
        """Return the entries in another shape."""
        if operand.shape == shape:
            return operand
        if isinstance(operand, np.ndarray):
            return operand.reshape(_plain(shape))
        made_by = self._made_by.get(operand.name)
        if made_by is not None and made_by.kind == "reshape":  # two in a row are one
            return self.reshape(made_by.inputs[0], shape)
        return self.add("reshape", [operand], shape)

    def transpose(self, operand: Operand, order: Sequence[int]) -> Operand:
        """Return an array with its axes in another order."""
        if list(order) == sorted(order):
            return operand
        if isinstance(operand, np.ndarray):
            return np.transpose(operand, order)
        shape = tuple(operand.shape[axis] for axis in order)
        return self.add("transpose", [operand], shape, order=tuple(order))

    def cast(self, operand: Operand, dtype: Any) -> Operand:
        """Return the numbers in another type."""
        if operand.dtype == np.dtype(dtype):
            return operand
        if isinstance(operand, np.ndarray):
            return operand.astype(dtype)
        return self.add("cast", [operand], operand.shape, dtype)


def _plain(shape: Shape) -> tuple[int, ...]:
    """Return the shape of a constant, which does not grow with the batch."""
    assert not any(isinstance(size, Rows) for size in shape)
    return tuple(int(size) for size in shape)  # type: ignore[arg-type]


def product(sizes: Sequence[Size]) -> Size:
    """Return how many entries there are along several axes together."""
    rows, count = None, 1
    for size in sizes:
        if isinstance(size, Rows):
            assert rows is None, "the batch is one axis"
            rows, count = size, count * size.each
        else:
            count *= size
    return count if rows is None else Rows(count)


def joint(*shapes: Shape) -> Shape:
    """Return the shape that arrays of these shapes have together, as NumPy broadcasts them."""
    rank = max(map(len, shapes))
    filled = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return tuple(
        next((size for size in sizes if size != 1), 1) for sizes in zip(*filled, strict=True)
    )


def needed(program: Program) -> Program:
    """Return the program without operations that no output depends on."""
    wanted = {one.name for one in program.outputs if isinstance(one, Value)}
    kept = []
    for operation in reversed(program.operations):
        if operation.output.name in wanted:
            kept.append(operation)
            wanted |= {one.name for one in operation.inputs if isinstance(one, Value)}
    return Program(program.inputs, tuple(reversed(kept)), program.outputs)
