"""Fully connected layers."""

from dataclasses import dataclass
from typing import Literal

import jax
from flax import linen as nn

from qlax.errors import require
from qlax.observations import dense
from qlax.spaces import Space
from qlax.validation import check_types

_ACTIVATIONS = {"relu": nn.relu, "tanh": nn.tanh, "silu": nn.silu, "elu": nn.elu}


@dataclass(frozen=True, kw_only=True)
class MLP:
    """x ← activation(W x + c), once a layer; observations of any shape are flattened."""

    hidden: tuple[int, ...] = (64, 64)
    """Width of each layer."""
    activation: Literal["relu", "tanh", "silu", "elu"] = "relu"
    """Nonlinearity after each layer."""

    def __post_init__(self) -> None:
        check_types(self)
        positive = all(width >= 1 for width in self.hidden)
        require(positive, "MLP.hidden", self.hidden, "a tuple of positive widths")

    def __call__(self, observation: jax.Array, space: Space) -> jax.Array:
        """Return features of shape [B, hidden[-1]]."""
        x = dense(observation, space)
        x = x.reshape((x.shape[0], -1))
        for layer, width in enumerate(self.hidden):
            x = _ACTIVATIONS[self.activation](nn.Dense(width, name=f"dense_{layer}")(x))
        return x
