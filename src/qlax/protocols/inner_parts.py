"""Parts inside of parts: streams, layers, rescalings, durations, schedules."""

import dataclasses
import typing
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from qlax.explorers import Duration
from qlax.heads import Rescaling, Stream
from qlax.layers import Layer
from qlax.protocols.shapes import name_of, require_array
from qlax.schedules import Schedule

_ROWS, _WIDTH, _ACTIONS, _OUTPUTS = 5, 7, 3, 2
"""Sizes that inner parts are tried with: all different, so that no two axes are confused."""


def check_inner_parts(agent: Any) -> None:
    """Raise `UsageError` for the first of these parts whose answer has a wrong shape or type."""
    for protocol, check in _CHECKS.items():
        for part in parts_within(agent, protocol):
            check(part)


def parts_within(owner: Any, protocol: Any) -> Iterator[Any]:
    """Yield the parts in those fields, however deep, that ask for a protocol; innermost first."""
    if not dataclasses.is_dataclass(owner) or isinstance(owner, nn.Module):
        return
    try:
        hints = typing.get_type_hints(type(owner))
    except NameError:  # a part of the user's own, whose annotations name what is not there now
        return
    for entry in dataclasses.fields(owner):
        value, hint = getattr(owner, entry.name), hints[entry.name]
        asked_for = protocol in _leaves(hint)
        for part in value if isinstance(value, tuple) else (value,):
            yield from parts_within(part, protocol)
            if asked_for and isinstance(part, protocol):
                yield part


def _leaves(hint: Any) -> set[Any]:
    """Return every type that an annotation names: X | Y and tuple[X, ...] name X."""
    return {hint}.union(*map(_leaves, typing.get_args(hint)))


def _floats(*shape: int) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape, jnp.float32)


class _Alone(nn.Module):
    """Something that makes layers, in a module of its own."""

    call: Callable[[], Any]

    @nn.compact
    def __call__(self) -> Any:
        return self.call()


def _check_stream(stream: Stream) -> None:
    def call(features: jax.Array) -> None:
        made = _Alone(lambda: stream(features, _ACTIONS, _OUTPUTS))
        outputs, _ = made.init_with_output(jax.random.key(0))
        shape = (_ROWS, _ACTIONS, _OUTPUTS)
        meaning = "the asked-for number of outputs for each action of each row of features"
        require_array(f"{name_of(stream)}.__call__", outputs, "float", shape, meaning)

    jax.eval_shape(call, _floats(_ROWS, _WIDTH))


def _check_layer(layer: Layer) -> None:
    def call(features: jax.Array) -> None:
        made = _Alone(lambda: layer(features, _OUTPUTS, name="layer"))
        outputs, _ = made.init_with_output(jax.random.key(0))
        meaning = "the asked-for number of outputs for each row of features"
        require_array(f"{name_of(layer)}.__call__", outputs, "float", (_ROWS, _OUTPUTS), meaning)

    jax.eval_shape(call, _floats(_ROWS, _WIDTH))


def _check_rescaling(rescaling: Rescaling) -> None:
    def call(values: jax.Array) -> None:
        for method in ("__call__", "inverse"):
            answer = getattr(rescaling, method)(values)
            owner, meaning = f"{name_of(rescaling)}.{method}", "a value for each value"
            require_array(owner, answer, "float", (_ROWS, _ACTIONS), meaning)

    jax.eval_shape(call, _floats(_ROWS, _ACTIONS))


def _check_duration(duration: Duration) -> None:
    def call(uniform: jax.Array) -> None:
        meaning = "a number of steps for each environment"
        steps = duration.sample(uniform)
        require_array(f"{name_of(duration)}.sample", steps, "int32", (_ROWS,), meaning)

    jax.eval_shape(call, _floats(_ROWS))


def _check_schedule(schedule: Schedule) -> None:
    def call(step: jax.Array) -> None:
        value = jnp.asarray(schedule(step))
        require_array(f"{name_of(schedule)}.__call__", value, "float", (), "one number")

    jax.eval_shape(call, jax.ShapeDtypeStruct((), jnp.int32))


_CHECKS: dict[Any, Callable[[Any], None]] = {
    Stream: _check_stream,
    Layer: _check_layer,
    Rescaling: _check_rescaling,
    Duration: _check_duration,
    Schedule: _check_schedule,
}
