"""An ONNX graph under construction: its nodes, its constants and their names."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from qlax.exporting.program import Operand, Rows, Shape, Value

OPSET = 18
"""Version of ONNX's operators: that of 2022, which every runtime of today knows."""


class Graph:
    """Collects nodes and constants."""

    def __init__(self, batch_of: str) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.place = ""
        self._batch_of = batch_of
        self._known: dict[Any, str] = {}
        self._count = 0

    def node(self, kind: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        """Add a node and return the name of its output, a new one unless it is given."""
        output = output or self._new()
        self.nodes.append(
            helper.make_node(kind, list(inputs), [output], name=f"{kind}_{output}", **attributes)
        )
        return output

    def name(self, operand: Operand) -> str:
        """Return the name of an operand, which is made a constant of the graph if it is one."""
        if isinstance(operand, Value):
            return operand.name
        return self.constant(operand)

    def constant(self, array: Any, dtype: Any = None) -> str:
        """Return the name of a constant; equal ones are one."""
        # Not `ascontiguousarray`, which turns a single number into a row of one.
        array = np.asarray(array, dtype, order="C")
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self._known:
            self._known[key] = f"c{len(self._known)}"
            self.constants.append(numpy_helper.from_array(array, self._known[key]))
        return self._known[key]

    def used_constants(self) -> list[Any]:
        """Return the constants that some node takes."""
        taken = {name for node in self.nodes for name in node.input}
        return [one for one in self.constants if one.name in taken]

    def sizes(self, shape: Shape) -> str:
        """Return the name of a shape as an array, in which the batch is what it is when it runs."""
        if not any(isinstance(size, Rows) for size in shape):
            return self.constant(shape, np.int64)
        rows = self.node("Shape", [self._batch_of], start=0, end=1)
        parts = []
        for size in shape:
            if not isinstance(size, Rows):
                parts.append(self.constant([size], np.int64))
            elif size.each == 1:
                parts.append(rows)
            else:
                parts.append(self.node("Mul", [rows, self.constant([size.each], np.int64)]))
        return self.node("Concat", parts, axis=0)

    def _new(self) -> str:
        self._count += 1
        return f"n{self._count}"


def element(dtype: Any) -> int:
    """Return ONNX's number of a type."""
    return int(helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))


def info(name: str, shape: tuple[int, ...], dtype: Any) -> Any:
    """Return what ONNX is told of an input or output, whose first axis is the batch."""
    return helper.make_tensor_value_info(name, element(dtype), ["batch", *shape])


__all__ = ["OPSET", "Graph", "element", "info", "onnx"]
