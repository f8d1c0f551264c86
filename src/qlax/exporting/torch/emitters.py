"""How each operation is written in Python with PyTorch: an expression."""

from collections.abc import Callable
from typing import Any

import numpy as np

from qlax.exporting.program import Operation, Rows, Value

Emitter = Callable[[Operation, list[str]], str]
"""(operation, its inputs as source text) → source text of what it makes."""

_PATTERNS = {
    "abs": "torch.abs({})",
    "acos": "torch.acos({})",
    "add": "{} + {}",
    "and": "{} & {}",
    "asin": "torch.asin({})",
    "atan": "torch.atan({})",
    "ceil": "torch.ceil({})",
    "cos": "torch.cos({})",
    "cosh": "torch.cosh({})",
    "eq": "{} == {}",
    "erf": "torch.erf({})",
    "exp": "torch.exp({})",
    "floor": "torch.floor({})",
    "ge": "{} >= {}",
    "gt": "{} > {}",
    "le": "{} <= {}",
    "log": "torch.log({})",
    "logistic": "torch.sigmoid({})",
    "lt": "{} < {}",
    "matmul": "{} @ {}",
    "mul": "{} * {}",
    "ne": "{} != {}",
    "neg": "-{}",
    "not": "~{}",
    "or": "{} | {}",
    "pow": "{} ** {}",
    "round": "torch.round({})",
    "sign": "torch.sign({})",
    "sin": "torch.sin({})",
    "sinh": "torch.sinh({})",
    "sqrt": "torch.sqrt({})",
    "sub": "{} - {}",
    "tan": "torch.tan({})",
    "tanh": "torch.tanh({})",
    "where": "torch.where({}, {}, {})",
    "xor": "{} ^ {}",
}
"""Operations that are the same for all arrays."""


def _pattern(operation: Operation, inputs: list[str]) -> str:
    return _PATTERNS[operation.kind].format(*inputs)


def _div(operation: Operation, inputs: list[str]) -> str:
    if operation.output.dtype.kind == "f":
        return "{} / {}".format(*inputs)
    return 'torch.div({}, {}, rounding_mode="trunc")'.format(*inputs)


def _rem(operation: Operation, inputs: list[str]) -> str:
    one, other = inputs
    if not isinstance(operation.inputs[0], Value):
        one = _as_tensor(operation.inputs[0])
    return f"torch.fmod({one}, {other})"


def _extreme(operation: Operation, inputs: list[str]) -> str:
    """Return max or min; one of a number is a limit."""
    for at in (0, 1):
        limit = operation.inputs[at]
        if isinstance(limit, np.ndarray) and limit.ndim == 0:
            if operation.kind == "max" and limit == 0 and limit.dtype.kind == "f":
                return f"torch.relu({inputs[1 - at]})"
            side = "min" if operation.kind == "max" else "max"
            return f"{inputs[1 - at]}.clamp({side}={inputs[at]})"
    function = "maximum" if operation.kind == "max" else "minimum"
    return f"torch.{function}({', '.join(inputs)})"


def _cast(operation: Operation, inputs: list[str]) -> str:
    return f"{inputs[0]}.to({dtype(operation.output.dtype)})"


def _reshape(operation: Operation, inputs: list[str]) -> str:
    sizes = ["-1" if isinstance(size, Rows) else str(size) for size in operation.output.shape]
    return f"{inputs[0]}.reshape({', '.join(sizes)})"


def _expand(operation: Operation, inputs: list[str]) -> str:
    pairs = zip(operation.inputs[0].shape, operation.output.shape, strict=True)
    sizes = ["-1" if old == new else _size(new) for old, new in pairs]
    (operand,) = operation.inputs
    source = inputs[0] if isinstance(operand, Value) or operand.size > 1 else _as_tensor(operand)
    return f"{source}.expand({', '.join(sizes)})"


def _size(size: int | Rows) -> str:
    if not isinstance(size, Rows):
        return str(size)
    return "batch" if size.each == 1 else f"{size.each} * batch"


def _as_tensor(operand: Any) -> str:
    """Return a constant of one number as an array of its shape."""
    return f"torch.full({tuple(operand.shape)}, {operand.item()!r}, dtype={dtype(operand.dtype)})"


def _transpose(operation: Operation, inputs: list[str]) -> str:
    return f"{inputs[0]}.permute({', '.join(map(str, operation.settings['order']))})"


def _concat(operation: Operation, inputs: list[str]) -> str:
    return f"torch.cat([{', '.join(inputs)}], {operation.settings['axis']})"


def _slice(operation: Operation, inputs: list[str]) -> str:
    settings = operation.settings
    cuts = [":"] * len(operation.output.shape)
    bounds = (settings[name] for name in ("axes", "starts", "stops", "steps"))
    for axis, start, stop, step in zip(*bounds, strict=True):
        cuts[axis] = f"{start}:{stop}" if step == 1 else f"{start}:{stop}:{step}"
    return f"{inputs[0]}[{_places(cuts)}]"


def _places(cuts: list[str]) -> str:
    while len(cuts) > 1 and cuts[-1] == ":":
        cuts = cuts[:-1]
    return ", ".join(cuts)


def _flip(operation: Operation, inputs: list[str]) -> str:
    return f"torch.flip({inputs[0]}, {list(operation.settings['axes'])})"


def _pad(operation: Operation, inputs: list[str]) -> str:
    settings = operation.settings
    return _padded(
        inputs[0], list(zip(settings["low"], settings["high"], strict=True)), settings["value"]
    )


def _padded(source: str, sides: list[tuple[int, int]], value: float) -> str:
    while sides and sides[0] == (0, 0):
        sides = sides[1:]
    if not sides:
        return source
    flat = [number for pair in reversed(sides) for number in pair]
    return f"F.pad({source}, {flat}, value={literal(value)})"


def _reduce(operation: Operation, inputs: list[str]) -> str:
    how, axes = operation.settings["how"], operation.settings["axes"]
    if how == "prod":
        source = inputs[0]
        for axis in sorted(axes, reverse=True):
            source = f"{source}.prod({axis}, dtype={dtype(operation.output.dtype)})"
        return source
    along = str(axes[0]) if len(axes) == 1 else str(tuple(axes))
    if how == "sum":
        kind = operation.output.dtype
        told = "" if kind.kind == "f" else f", dtype={dtype(kind)}"
        return f"{inputs[0]}.sum({along}{told})"
    return f"{inputs[0]}.a{how}({along})"


def _place(operation: Operation, inputs: list[str]) -> str:
    kind = dtype(operation.output.dtype)
    return f"torch.{operation.kind}({inputs[0]}, {operation.settings['axis']}).to({kind})"


def _cumulative_sum(operation: Operation, inputs: list[str]) -> str:
    axis, kind = operation.settings["axis"], dtype(operation.output.dtype)
    if not operation.settings["reverse"]:
        return f"torch.cumsum({inputs[0]}, {axis}, dtype={kind})"
    turned = f"torch.flip({inputs[0]}, [{axis}])"
    return f"torch.flip(torch.cumsum({turned}, {axis}, dtype={kind}), [{axis}])"


def _take(operation: Operation, inputs: list[str]) -> str:
    cuts = [":"] * operation.settings["axis"] + [f"{inputs[1]}.long()"]
    return f"{inputs[0]}[{', '.join(cuts)}]"


def _take_along(operation: Operation, inputs: list[str]) -> str:
    axis = operation.settings["axis"]
    return f"torch.take_along_dim({inputs[0]}, {inputs[1]}.long(), {axis})"


def _convolution(operation: Operation, inputs: list[str]) -> str:
    settings = operation.settings
    padding = list(settings["padding"])
    told = [inputs[0], inputs[1], f"stride={list(settings['strides'])}"]
    if all(low == high for low, high in padding):
        if any(low for low, _ in padding):
            told.append(f"padding={[low for low, _ in padding]}")
    else:
        told[0] = _padded(inputs[0], padding, 0.0)
    if any(one != 1 for one in settings["dilations"]):
        told.append(f"dilation={list(settings['dilations'])}")
    if settings["groups"] != 1:
        told.append(f"groups={settings['groups']}")
    return f"F.conv{len(padding)}d({', '.join(told)})"


def _pool(operation: Operation, inputs: list[str]) -> str:
    settings = operation.settings
    how, rank = settings["how"], len(settings["sizes"])
    outside = -float("inf") if how == "max" else 0.0
    padded = _padded(inputs[0], list(settings["padding"]), outside)
    told = f"{padded}, {list(settings['sizes'])}, {list(settings['strides'])}"
    if how == "max":
        return f"F.max_pool{rank}d({told})"
    if rank == 1:
        return f"F.avg_pool1d({told}) * {settings['sizes'][0]}"
    return f"F.avg_pool{rank}d({told}, divisor_override=1)"


def dtype(kind: Any) -> str:
    """Return PyTorch's name of a type."""
    name = np.dtype(kind).name
    return f"torch.{name}"


def literal(number: Any) -> str:
    """Return a number as source text."""
    if isinstance(number, float) and not np.isfinite(number):
        return f'float("{number}")'
    return repr(number)


EMITTERS: dict[str, Emitter] = {
    **dict.fromkeys(_PATTERNS, _pattern),
    "argmax": _place,
    "argmin": _place,
    "cast": _cast,
    "concat": _concat,
    "convolution": _convolution,
    "cumsum": _cumulative_sum,
    "div": _div,
    "expand": _expand,
    "flip": _flip,
    "max": _extreme,
    "min": _extreme,
    "pad": _pad,
    "pool": _pool,
    "reduce": _reduce,
    "rem": _rem,
    "reshape": _reshape,
    "slice": _slice,
    "take": _take,
    "take_along": _take_along,
    "transpose": _transpose,
}
