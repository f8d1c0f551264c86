"""Nonlinearities by name."""

from collections.abc import Callable
from typing import Any, Literal

import jax
from flax import linen as nn

Activation = Literal["relu", "leaky_relu", "tanh", "silu", "elu"]

_FUNCTIONS: dict[str, Callable[[Any], jax.Array]] = {
    "relu": nn.relu,
    "leaky_relu": nn.leaky_relu,
    "tanh": nn.tanh,
    "silu": nn.silu,
    "elu": nn.elu,
}
UNITS = "units"
"""What the outputs of hidden units are called among Flax's intermediates."""


def activated(x: jax.Array, activation: Activation = "relu") -> jax.Array:
    """Return the outputs of hidden units, one for each entry of the last axis.

    Called inside a Flax module. Whoever asks for its intermediates finds the outputs there.
    """
    outputs: jax.Array = looked_at(_FUNCTIONS[activation](x))
    return outputs


def looked_at(outputs: Any) -> Any:
    """Return outputs of hidden units as they are, and leave them among Flax's intermediates."""
    return _Units()(outputs)


class _Units(nn.Module):
    """Nothing but a place among the intermediates."""

    @nn.compact
    def __call__(self, outputs: Any) -> Any:
        self.sow("intermediates", UNITS, outputs)
        return outputs
