"""Fully connected layers."""

from dataclasses import dataclass, field
from typing import Any

import jax
from flax import linen as nn

from qlax.activations import Activation, activated
from qlax.errors import require
from qlax.layers import Dense, Layer
from qlax.observations import dense
from qlax.spaces import Space
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class MLP:
    """x ← activation(normalised(W x + c)), for each layer; observations are flattened.

    Reference: Ba, Kiros and Hinton (2016), arXiv 1607.06450, for layer normalisation.
    """

    hidden: tuple[int, ...] = (64, 64)
    """Width of each layer."""
    activation: Activation = "relu"
    """Nonlinearity after each layer."""
    layer: Layer = field(default_factory=Dense)
    """Kind of layer: `Dense()` or `Noisy()`."""
    layer_norm: bool = False
    """Whether each layer's output is normalised, over its entries, before the nonlinearity."""

    def __post_init__(self) -> None:
        check_types(self)
        positive = all(width >= 1 for width in self.hidden)
        require(positive, "MLP.hidden", self.hidden, "a tuple of positive widths")

    def __call__(self, observation: Any, space: Space) -> jax.Array:
        """Return features of shape [B, hidden[-1]]."""
        x = dense(observation, space)
        x = x.reshape((x.shape[0], -1))
        for layer, width in enumerate(self.hidden):
            x = self.layer(x, width, name=f"dense_{layer}", hidden=True)
            if self.layer_norm:
                x = nn.LayerNorm(name=f"norm_{layer}")(x)
            x = activated(x, self.activation)
        return x
