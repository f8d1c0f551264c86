"""How each operation is written in ONNX."""

from collections.abc import Callable
from typing import Any

import numpy as np

from qlax.exporting.onnx.graph import Graph, element
from qlax.exporting.program import Operand, Operation, Rows, Value

Emitter = Callable[[Graph, Operation, list[str]], Any]
"""(graph, operation, names of its inputs) → nothing: it adds nodes, the last with its output."""

_ONE_NODE = {
    "abs": "Abs",
    "acos": "Acos",
    "add": "Add",
    "and": "And",
    "asin": "Asin",
    "atan": "Atan",
    "ceil": "Ceil",
    "cos": "Cos",
    "cosh": "Cosh",
    "div": "Div",
    "eq": "Equal",
    "erf": "Erf",
    "exp": "Exp",
    "floor": "Floor",
    "ge": "GreaterOrEqual",
    "gt": "Greater",
    "le": "LessOrEqual",
    "log": "Log",
    "logistic": "Sigmoid",
    "lt": "Less",
    "matmul": "MatMul",
    "min": "Min",
    "mul": "Mul",
    "neg": "Neg",
    "not": "Not",
    "or": "Or",
    "pow": "Pow",
    "round": "Round",
    "sign": "Sign",
    "sin": "Sin",
    "sinh": "Sinh",
    "sqrt": "Sqrt",
    "sub": "Sub",
    "tan": "Tan",
    "tanh": "Tanh",
    "where": "Where",
    "xor": "Xor",
}
"""Operations that are a node."""


def _one_node(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    graph.node(_ONE_NODE[operation.kind], inputs, operation.output.name)


def _unequal(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    graph.node("Not", [graph.node("Equal", inputs)], operation.output.name)


def _max(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    """Write max(x, 0) as the nonlinearity it is, which runtimes join to the layer before it."""
    one, other = operation.inputs
    if _is_zero(other) and operation.output.dtype == np.float32:
        graph.node("Relu", inputs[:1], operation.output.name)
    elif _is_zero(one) and operation.output.dtype == np.float32:
        graph.node("Relu", inputs[1:], operation.output.name)
    else:
        graph.node("Max", inputs, operation.output.name)


def _is_zero(operand: Operand) -> bool:
    return isinstance(operand, np.ndarray) and operand.size == 1 and operand.item() == 0


def _remainder(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    graph.node("Mod", inputs, operation.output.name, fmod=1)


def _cast(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    graph.node("Cast", inputs, operation.output.name, to=element(operation.output.dtype))


def _reshape(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    sizes = [-1 if isinstance(size, Rows) else size for size in operation.output.shape]
    graph.node("Reshape", [*inputs, graph.constant(sizes, np.int64)], operation.output.name)


def _expand(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    (operand,) = operation.inputs
    kept = zip(operand.shape, operation.output.shape, strict=True)
    # An axis that has its size already is left alone by 1.
    sizes = tuple(1 if old == new else new for old, new in kept)
    graph.node("Expand", [*inputs, graph.sizes(sizes)], operation.output.name)


def _transpose(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    graph.node("Transpose", inputs, operation.output.name, perm=operation.settings["order"])


def _concat(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    graph.node("Concat", inputs, operation.output.name, axis=operation.settings["axis"])


def _slice(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    names = ("starts", "stops", "axes", "steps")
    bounds = [graph.constant(operation.settings[name], np.int64) for name in names]
    graph.node("Slice", [*inputs, *bounds], operation.output.name)


def _flip(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    axes = operation.settings["axes"]
    last, before, back = ([number] * len(axes) for number in (-1, -(2**62), -1))
    bounds = [graph.constant(one, np.int64) for one in (last, before, axes, back)]
    graph.node("Slice", [*inputs, *bounds], operation.output.name)


def _pad(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    settings = operation.settings
    sides = graph.constant([*settings["low"], *settings["high"]], np.int64)
    value = graph.constant(settings["value"], operation.output.dtype)
    graph.node("Pad", [*inputs, sides, value], operation.output.name)


def _reduce(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    how = {"sum": "ReduceSum", "max": "ReduceMax", "min": "ReduceMin", "prod": "ReduceProd"}
    axes = graph.constant(operation.settings["axes"], np.int64)
    graph.node(how[operation.settings["how"]], [*inputs, axes], operation.output.name, keepdims=0)


def _place(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    kind = "ArgMax" if operation.kind == "argmax" else "ArgMin"
    found = graph.node(kind, inputs, axis=operation.settings["axis"], keepdims=0)
    graph.node("Cast", [found], operation.output.name, to=element(operation.output.dtype))


def _cumulative_sum(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    axis = graph.constant(operation.settings["axis"], np.int64)
    reverse = int(operation.settings["reverse"])
    graph.node("CumSum", [*inputs, axis], operation.output.name, reverse=reverse)


def _take(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    graph.node("Gather", inputs, operation.output.name, axis=operation.settings["axis"])


def _take_along(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    graph.node("GatherElements", inputs, operation.output.name, axis=operation.settings["axis"])


def _convolution(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    settings = operation.settings
    graph.node(
        "Conv",
        inputs,
        operation.output.name,
        strides=settings["strides"],
        dilations=settings["dilations"],
        pads=_sides(settings["padding"]),
        group=settings["groups"],
    )


def _pool(graph: Graph, operation: Operation, inputs: list[str]) -> None:
    settings = operation.settings
    windows = {
        "kernel_shape": settings["sizes"],
        "strides": settings["strides"],
        "pads": _sides(settings["padding"]),
    }
    if settings["how"] == "max":
        graph.node("MaxPool", inputs, operation.output.name, **windows)
        return
    mean = graph.node("AveragePool", inputs, count_include_pad=1, **windows)
    count = graph.constant(np.prod(settings["sizes"]), np.float32)
    graph.node("Mul", [mean, count], operation.output.name)


def _sides(padding: tuple[tuple[int, int], ...]) -> list[int]:
    return [low for low, _ in padding] + [high for _, high in padding]


EMITTERS: dict[str, Emitter] = {
    **dict.fromkeys(_ONE_NODE, _one_node),
    "argmax": _place,
    "argmin": _place,
    "cast": _cast,
    "concat": _concat,
    "convolution": _convolution,
    "cumsum": _cumulative_sum,
    "expand": _expand,
    "flip": _flip,
    "max": _max,
    "ne": _unequal,
    "pad": _pad,
    "pool": _pool,
    "reduce": _reduce,
    "rem": _remainder,
    "reshape": _reshape,
    "slice": _slice,
    "take": _take,
    "take_along": _take_along,
    "transpose": _transpose,
}

__all__ = ["EMITTERS", "Value"]
