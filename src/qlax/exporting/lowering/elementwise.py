"""Functions of each entry by itself. Operands may be short; so is what is made of them then."""

from typing import Any

import numpy as np

from qlax.exporting.lowering.core import Equation, Lowering
from qlax.exporting.program import Builder, Operand, joint

# JAX's name → the operation's, where each is one operation.
_ONE_OPERATION = {
    "abs": "abs",
    "acos": "acos",
    "add": "add",
    "add_any": "add",
    "asin": "asin",
    "atan": "atan",
    "ceil": "ceil",
    "cos": "cos",
    "cosh": "cosh",
    "div": "div",
    "eq": "eq",
    "erf": "erf",
    "exp": "exp",
    "floor": "floor",
    "ge": "ge",
    "gt": "gt",
    "le": "le",
    "log": "log",
    "logistic": "logistic",
    "lt": "lt",
    "max": "max",
    "min": "min",
    "mul": "mul",
    "ne": "ne",
    "neg": "neg",
    "pow": "pow",
    "rem": "rem",
    "sign": "sign",
    "sin": "sin",
    "sinh": "sinh",
    "sqrt": "sqrt",
    "sub": "sub",
    "tan": "tan",
    "tanh": "tanh",
}

_COMPARISONS = {"eq", "ne", "lt", "le", "gt", "ge"}
_OF_BOOLS = {"max": "or", "min": "and", "mul": "and", "add": "or", "ne": "xor"}
"""What functions of numbers are where numbers are true or false."""


def apply(builder: Builder, kind: str, *operands: Operand) -> Operand:
    """Return an operation on each entry of arrays that need not be in their whole shapes."""
    is_bool = operands[0].dtype == np.bool_
    if is_bool and kind in _OF_BOOLS:
        kind = _OF_BOOLS[kind]
    elif is_bool and kind in _COMPARISONS - {"eq"}:
        raise NotImplementedError("of true and false")
    dtype = np.bool_ if kind in _COMPARISONS else operands[0].dtype
    return builder.add(kind, operands, joint(*(one.shape for one in operands)), dtype)


def _one_operation(builder: Builder, equation: Equation, *operands: Operand) -> Operand:
    return apply(builder, _ONE_OPERATION[equation.primitive], *operands)


def _logical(builder: Builder, equation: Equation, *operands: Operand) -> Operand:
    if operands[0].dtype != np.bool_:
        raise NotImplementedError("of the bits of whole numbers")
    return apply(builder, equation.primitive, *operands)


def _number(operand: Operand, value: float) -> np.ndarray:
    """Return a number of an array's type."""
    return np.asarray(value, operand.dtype)


def _square(builder: Builder, equation: Equation, x: Operand) -> Operand:  # noqa: ARG001
    return apply(builder, "mul", x, x)


def _rsqrt(builder: Builder, equation: Equation, x: Operand) -> Operand:  # noqa: ARG001
    return apply(builder, "div", _number(x, 1), apply(builder, "sqrt", x))


def _exp2(builder: Builder, equation: Equation, x: Operand) -> Operand:  # noqa: ARG001
    return apply(builder, "exp", apply(builder, "mul", x, _number(x, np.log(2.0))))


def _expm1(builder: Builder, equation: Equation, x: Operand) -> Operand:  # noqa: ARG001
    return apply(builder, "sub", apply(builder, "exp", x), _number(x, 1))


def _log1p(builder: Builder, equation: Equation, x: Operand) -> Operand:  # noqa: ARG001
    return apply(builder, "log", apply(builder, "add", x, _number(x, 1)))


def _erfc(builder: Builder, equation: Equation, x: Operand) -> Operand:  # noqa: ARG001
    return apply(builder, "sub", _number(x, 1), apply(builder, "erf", x))


def _is_finite(builder: Builder, equation: Equation, x: Operand) -> Operand:  # noqa: ARG001
    largest = np.asarray(np.finfo(x.dtype).max, x.dtype)
    return apply(builder, "le", apply(builder, "abs", x), largest)


def _integer_power(builder: Builder, equation: Equation, x: Operand) -> Operand:
    exponent = equation.settings["y"]
    if exponent == 0:
        return apply(builder, "add", apply(builder, "mul", x, _number(x, 0)), _number(x, 1))
    power, square, left = None, x, abs(exponent)
    while left:
        if left % 2:
            power = square if power is None else apply(builder, "mul", power, square)
        left //= 2
        if left:
            square = apply(builder, "mul", square, square)
    assert power is not None
    return power if exponent > 0 else apply(builder, "div", _number(x, 1), power)


def _round(builder: Builder, equation: Equation, x: Operand) -> Operand:
    if int(equation.settings["rounding_method"]) == 1:  # halves to even numbers
        return apply(builder, "round", x)
    away = apply(builder, "floor", apply(builder, "add", apply(builder, "abs", x), _number(x, 0.5)))
    return apply(builder, "mul", apply(builder, "sign", x), away)


def _cast(builder: Builder, equation: Equation, x: Operand) -> Operand:
    dtype = np.dtype(equation.settings["new_dtype"])
    if dtype == np.bool_ and x.dtype != np.bool_:
        return apply(builder, "ne", x, _number(x, 0))
    if dtype.name not in _TYPES or np.dtype(x.dtype).name not in _TYPES:
        raise NotImplementedError(f"from {x.dtype} to {dtype}")
    return builder.cast(x, dtype)


_TYPES = {"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "float32"} | {
    "float16",
    "float64",
}


def _clamp(builder: Builder, equation: Equation, *operands: Operand) -> Operand:  # noqa: ARG001
    low, x, high = operands
    return apply(builder, "min", apply(builder, "max", x, low), high)


def _select(builder: Builder, equation: Equation, which: Operand, *cases: Operand) -> Operand:  # noqa: ARG001
    if which.dtype == np.bool_:
        otherwise, chosen = cases
        return where(builder, which, chosen, otherwise)
    made = cases[-1]
    for at in range(len(cases) - 2, -1, -1):
        made = where(builder, apply(builder, "le", which, _number(which, at)), cases[at], made)
    return made


def where(builder: Builder, condition: Operand, yes: Operand, no: Operand) -> Operand:
    """Return entries of one array where a condition is so, else of another."""
    if yes.dtype == np.bool_:
        unless = apply(builder, "not", condition)
        return apply(
            builder, "or", apply(builder, "and", condition, yes), apply(builder, "and", unless, no)
        )
    shape = joint(condition.shape, yes.shape, no.shape)
    return builder.add("where", [condition, yes, no], shape, yes.dtype)


def _same(builder: Builder, equation: Equation, x: Operand) -> Operand:  # noqa: ARG001
    return x


def _less_precise(builder: Builder, equation: Equation, x: Operand) -> Operand:  # noqa: ARG001
    bits: Any = equation.settings["exponent_bits"], equation.settings["mantissa_bits"]
    if bits[0] < 8 or bits[1] < 23:
        raise NotImplementedError("to fewer bits than 32")
    return x


def _same_of_each(builder: Builder, equation: Equation, *operands: Operand) -> list[Operand]:  # noqa: ARG001
    return list(operands)


BARRIER: dict[str, Lowering] = {"optimization_barrier": _same_of_each}

LOWERINGS: dict[str, Lowering] = {
    **dict.fromkeys(_ONE_OPERATION, _one_operation),
    **dict.fromkeys(("and", "or", "xor", "not"), _logical),
    "clamp": _clamp,
    "convert_element_type": _cast,
    "copy": _same,
    "copy_p": _same,
    "erfc": _erfc,
    "exp2": _exp2,
    "expm1": _expm1,
    "integer_pow": _integer_power,
    "is_finite": _is_finite,
    "log1p": _log1p,
    "name": _same,
    "reduce_precision": _less_precise,
    "round": _round,
    "rsqrt": _rsqrt,
    "select_n": _select,
    "square": _square,
    "stop_gradient": _same,
}
