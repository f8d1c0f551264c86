"""Fully connected layers with residual connections, so that many can be stacked."""

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
class Residual:
    """x ← W x + c, then x ← x + W₂ activation(W₁ norm(x)) for each block, then norm(x).

    Observations are flattened. Only sums lie between the first layer and the last, so gradients
    reach every block.

    Reference: He et al. (2016), Identity mappings in deep residual networks, arXiv 1603.05027.
    """

    width: int = 64
    """Entries of x, and of each block's hidden layer; at least 1."""
    blocks: int = 2
    """Number of blocks; 0 or more."""
    activation: Activation = "relu"
    """Nonlinearity inside each block."""
    layer: Layer = field(default_factory=Dense)
    """Kind of layer: `Dense()` or `Noisy()`."""
    layer_norm: bool = True
    """Whether norm is layer normalisation; otherwise it is the identity."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.width >= 1, "Residual.width", self.width, "at least 1")
        require(self.blocks >= 0, "Residual.blocks", self.blocks, "0 or more")

    def __call__(self, observation: Any, space: Space) -> jax.Array:
        """Return features of shape [B, width]."""
        x = dense(observation, space)
        x = x.reshape((x.shape[0], -1))
        x = self.layer(x, self.width, name="input", hidden=True)
        for block in range(self.blocks):
            inner = self._normalised(x, f"norm_{block}")
            inner = self.layer(inner, self.width, name=f"inner_{block}", hidden=True)
            inner = activated(inner, self.activation)
            x = x + self.layer(inner, self.width, name=f"outer_{block}", hidden=True)
        return self._normalised(x, "norm")

    def _normalised(self, x: jax.Array, name: str) -> jax.Array:
        if not self.layer_norm:
            return x
        normalised: jax.Array = nn.LayerNorm(name=name)(x)
        return normalised
