"""From a function that JAX traces to a program: calls inlined, constants computed, the batch found.

The function is traced for two sizes of the batch. What differs between the two are the sizes that
grow with it.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.extend import core

from qlax.errors import UsageError
from qlax.exporting.lowering import ELEMENTWISE, LOWERINGS
from qlax.exporting.lowering.core import Array, Equation
from qlax.exporting.program import Builder, Operand, Program, Rows, Shape, Value, needed

SIZES = 6, 10
"""The batches that are traced: no other axis grows by half their difference."""

_LONGEST = 256
"""Most steps of a loop that are written out."""

_CALLS = {
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "closed_call": "call_jaxpr",
    "core_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "custom_vjp_call_jaxpr": "fun_jaxpr",
    "remat": "jaxpr",
    "remat2": "jaxpr",
    "checkpoint": "jaxpr",
    "custom_lin": "call_jaxpr",
}
"""Primitives that call a function, and what of theirs it is."""


def traced(function: Callable[..., Any], inputs: Sequence[Any]) -> Program:
    """Return what a function computes.

    Args:
        function: Arrays to a list of arrays. All have the batch as their first axis.
        inputs: The arrays' shapes and types for one observation, without the batch.

    Raises:
        UsageError: if it does something that cannot be written down.
    """
    first, second = (
        jax.make_jaxpr(function)(
            *[jax.ShapeDtypeStruct((size, *one.shape), one.dtype) for one in inputs]
        )
        for size in SIZES
    )
    builder = Builder()
    values = [builder.input((Rows(1), *one.shape), one.dtype) for one in inputs]
    outputs = _Tracing(builder)(first, second, [_Known(one) for one in values], "")
    made = [
        builder.full(_plain(one.operand), _shape(*pair))
        for one, pair in zip(
            outputs, _pairs(first.jaxpr.outvars, second.jaxpr.outvars), strict=True
        )
    ]
    return needed(Program(tuple(values), tuple(builder.operations), tuple(made)))


class _Known(NamedTuple):
    """What a variable of JAX's stands for; along axes of equal entries there may be but one."""

    operand: Any
    """A `Value`, or an array that is known, which may be one of JAX's random keys."""

    @property
    def is_constant(self) -> bool:
        return not isinstance(self.operand, Value)


class _Tracing:
    """Follows two tracings of one function side by side."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder

    def __call__(self, first: Any, second: Any, inputs: list[_Known], place: str) -> list[_Known]:
        """Return what a closed function returns."""
        constants = [_Known(value) for value in _same_constants(first.consts, second.consts, place)]
        return self._inside(first.jaxpr, second.jaxpr, [*constants, *inputs], place)

    def _inside(self, first: Any, second: Any, inputs: list[_Known], place: str) -> list[_Known]:
        known: dict[Any, _Known] = {}
        known.update(zip((*first.constvars, *first.invars), inputs, strict=True))

        def read(one: Any, other: Any, here: str = place) -> _Known:
            if not isinstance(one, core.Literal):
                return known[one]
            if not np.array_equal(one.val, other.val, equal_nan=_is_real(one.val)):
                raise _depends_on_batch(here)
            return _Known(np.asarray(one.val, _dtype(one.aval)))

        if len(first.eqns) != len(second.eqns):
            raise _depends_on_batch(place)
        for one, other in zip(first.eqns, second.eqns, strict=True):
            here = "/".join(filter(None, [place, str(one.source_info.name_stack)]))
            operands = [read(*pair, here) for pair in zip(one.invars, other.invars, strict=True)]
            known.update(zip(one.outvars, self._equation(one, other, operands, here), strict=True))
        return [read(*pair) for pair in zip(first.outvars, second.outvars, strict=True)]

    def _equation(
        self, one: Any, other: Any, operands: list[_Known], here: str
    ) -> Sequence[_Known]:
        """Return what an equation of both tracings makes."""
        name = one.primitive.name
        if name != other.primitive.name:
            raise _depends_on_batch(here)
        outputs = [
            Array(_shape(*pair), _dtype(pair[0])) for pair in _pairs(one.outvars, other.outvars)
        ]
        inputs = [_Input(*pair) for pair in _pairs(one.invars, other.invars)]
        if name not in _CALLS and all(known.is_constant for known in operands):
            made = _computed(one, other, operands, inputs, outputs)
            if made is not None:
                return made
        if name in _CALLS:
            inside = _CALLS[name]
            return self._called(one.params[inside], other.params[inside], operands, here)
        if name == "cond":
            return self._branched(one, other, operands, outputs, here)
        if name == "scan":
            return self._unrolled(one, other, operands, inputs, here)
        if name == "while":
            raise UsageError(
                f"{_owner(here)} loops until something is so, which no format takes: "
                "take a loop of a fixed number of steps."
            )
        lowering = LOWERINGS.get(name)
        if lowering is None:
            raise UsageError(
                f"{_owner(here)} computes {name}, which cannot be exported: make it of other "
                "functions of jax.numpy."
            )
        equation = Equation(
            name, _paired_settings(one.params, other.params, here), tuple(inputs), tuple(outputs)
        )
        self._builder.place = here
        try:
            result = lowering(
                self._builder, equation, *[_plain(known.operand) for known in operands]
            )
        except NotImplementedError as reason:
            raise UsageError(
                f"{_owner(here)} computes {name} {reason}, which cannot be exported."
            ) from None
        return [_Known(value) for value in (result if isinstance(result, list) else [result])]

    def _called(self, one: Any, other: Any, operands: list[_Known], place: str) -> list[_Known]:
        if hasattr(one, "consts"):
            return self(one, other, operands, place)
        return self._inside(one, other, operands, place)

    def _branched(
        self, one: Any, other: Any, operands: list[_Known], outputs: list[Array], place: str
    ) -> list[_Known]:
        """Return the outcome of the branch that is taken, or choose among those of all."""
        index, *rest = operands
        branches = list(zip(one.params["branches"], other.params["branches"], strict=True))
        if index.is_constant:
            at = int(np.clip(np.asarray(index.operand), 0, len(branches) - 1))
            return self(*branches[at], rest, place)
        outcomes = [self(*branch, rest, place) for branch in branches]
        builder = self._builder
        chosen = list(outcomes[-1])
        for at in range(len(branches) - 2, -1, -1):
            builder.place = place
            isit = builder.add("le", [index.operand, np.int32(at)], (), bool)
            chosen = [
                _Known(
                    builder.add(
                        "where",
                        [isit, _plain(a.operand), _plain(b.operand)],
                        output.shape,
                        output.dtype,
                    )
                )
                for a, b, output in zip(outcomes[at], chosen, outputs, strict=True)
            ]
        return chosen

    def _unrolled(
        self, one: Any, other: Any, operands: list[_Known], inputs: list[Array], place: str
    ) -> list[_Known]:
        """Return the outcome of a loop of a fixed number of steps, step by step."""
        length, constants, carried = (
            one.params[key] for key in ("length", "num_consts", "num_carry")
        )
        if length != other.params["length"]:
            raise _depends_on_batch(place)
        if length > _LONGEST:
            raise UsageError(
                f"{_owner(place)} has a loop of {length} steps, of which at most {_LONGEST} can be "
                "exported."
            )
        builder = self._builder
        fixed, carry = operands[:constants], operands[constants : constants + carried]
        along = list(
            zip(operands[constants + carried :], inputs[constants + carried :], strict=True)
        )
        steps: list[list[_Known]] = []
        order = range(length)
        for at in reversed(order) if one.params["reverse"] else order:
            builder.place = place
            now = [_Known(_row(builder, known.operand, array.shape, at)) for known, array in along]
            result = self._called(
                one.params["jaxpr"], other.params["jaxpr"], [*fixed, *carry, *now], place
            )
            carry, made = result[:carried], result[carried:]
            steps.append(made)
        if one.params["reverse"]:
            steps.reverse()
        stacked = []
        shapes = [_shape(*pair) for pair in _pairs(one.outvars, other.outvars)][carried:]
        for column, shape in zip(zip(*steps, strict=True), shapes, strict=True):
            rows = [
                builder.reshape(builder.full(_plain(known.operand), shape[1:]), (1, *shape[1:]))
                for known in column
            ]
            joined = rows[0] if length == 1 else builder.add("concat", rows, shape, axis=0)
            stacked.append(_Known(joined))
        return [*carry, *stacked]


def _row(builder: Builder, operand: Any, shape: Shape, at: int) -> Operand:
    """Return one row of what a loop goes along."""
    whole = builder.full(_plain(operand), shape)
    if isinstance(whole, np.ndarray):
        return np.asarray(whole[at])
    if shape[0] != 1:
        whole = builder.add(
            "slice", [whole], (1, *shape[1:]), axes=(0,), starts=(at,), stops=(at + 1,), steps=(1,)
        )
    return builder.reshape(whole, shape[1:])


def _computed(
    one: Any, other: Any, operands: list[_Known], inputs: list[Array], outputs: list[Array]
) -> list[_Known] | None:
    """Return what an equation makes of constants; None if that grows with the batch."""
    arrays = [known.operand for known in operands]
    if one.primitive.name in ELEMENTWISE:
        if one.primitive.name != "convert_element_type" and len(arrays) > 1:
            arrays = list(np.broadcast_arrays(*map(_plain, arrays)))
    elif any(_grows(array.shape) for array in (*inputs, *outputs)) or not _like(
        one.params, other.params
    ):
        return None
    if any(_grows(output.shape) for output in outputs) and one.primitive.name not in ELEMENTWISE:
        return None
    made = one.primitive.bind(*arrays, **one.params)
    results = made if one.primitive.multiple_results else [made]
    return [_Known(_plain(result)) for result in results]


def _like(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether the settings of both tracings are the same, functions aside."""
    return all(repr(one[key]) == repr(other[key]) for key in one if not _is_function(one[key]))


def _is_function(setting: Any) -> bool:
    inside = setting[0] if isinstance(setting, tuple) and setting else setting
    return hasattr(inside, "eqns") or hasattr(inside, "jaxpr") or callable(inside)


def _paired_settings(one: dict[str, Any], other: dict[str, Any], place: str) -> dict[str, Any]:
    """Return settings, with the sizes in them that grow with the batch as such."""
    return {key: _paired(value, other[key], place) for key, value in one.items()}


def _paired(one: Any, other: Any, place: str) -> Any:
    if isinstance(one, tuple) and type(one) is tuple and isinstance(other, tuple):
        return tuple(_paired(*pair, place) for pair in zip(one, other, strict=True))
    if isinstance(one, int) and isinstance(other, int) and one != other:
        return _size(one, other)
    return one


def _plain(operand: Any) -> Any:
    """Return an array as NumPy's; random keys and values stay what they are."""
    if isinstance(operand, Value | np.ndarray):
        return operand
    if jax.numpy.issubdtype(operand.dtype, jax.dtypes.prng_key):
        return operand
    return np.asarray(operand)


def _pairs(one: Sequence[Any], other: Sequence[Any]) -> list[tuple[Any, Any]]:
    return [(a.aval, b.aval) for a, b in zip(one, other, strict=True)]


def _Input(one: Any, other: Any) -> Array:  # noqa: N802
    return Array(_shape(one, other), _dtype(one))


def _shape(one: Any, other: Any) -> Shape:
    if len(one.shape) != len(other.shape):
        raise _depends_on_batch("")
    return tuple(_size(*pair) for pair in zip(one.shape, other.shape, strict=True))


def _size(one: int, other: int) -> int | Rows:
    if one == other:
        return int(one)
    each = one // SIZES[0]
    if each >= 1 and (each * SIZES[0], each * SIZES[1]) == (one, other):
        return Rows(each)
    raise _depends_on_batch("")


def _grows(shape: Shape) -> bool:
    return any(isinstance(size, Rows) for size in shape)


def _dtype(aval: Any) -> Any:
    return aval.dtype


def _is_real(value: Any) -> bool:
    return np.asarray(value).dtype.kind == "f"


def _same_constants(first: Sequence[Any], second: Sequence[Any], place: str) -> Sequence[Any]:
    for one, other in zip(first, second, strict=True):
        if one is not other and not (
            np.shape(one) == np.shape(other) and np.array_equal(_plain(one), _plain(other))
        ):
            raise _depends_on_batch(place)
    return first


def _owner(place: str) -> str:
    """Return the part of a network that a place is in, as messages say it."""
    names = [name for name in place.split("/") if name and not set(name) & set("(.")]
    inside = names[1:] if names[:1] == ["QNetwork"] else names
    return f"The agent, in its {'/'.join(inside[:3])}," if inside else "The agent"


def _depends_on_batch(place: str) -> UsageError:
    return UsageError(
        f"{_owner(place)} treats batches of different sizes in different ways, which cannot be "
        "exported: what is made of one observation must not depend on the others beside it."
    )
