"""Convolutional layers with residual connections, in blocks that halve the image."""

from dataclasses import dataclass, field
from typing import Any

import jax
from flax import linen as nn

from qlax.activations import Activation, activated
from qlax.errors import UsageError, require
from qlax.layers import Dense, Layer
from qlax.maths.convolution import Formulation
from qlax.maths.pooling import adaptive_max_pool, max_pool
from qlax.networks.cnn import images
from qlax.networks.convolution import Convolution
from qlax.spaces import Space
from qlax.validation import check_types

# Residual units of a block.
_UNITS = 2


@dataclass(frozen=True, kw_only=True)
class ImpalaCNN:
    """Blocks of residual convolutions, then fully connected layers.

    A block is x ← max_pool(K ∗ x + c), the maximum of every second pixel and its neighbours, and
    then twice x ← x + K₂ ∗ activation(K₁ ∗ activation(x) + c₁) + c₂. All filters are 3 × 3, with
    zeros around the image. Images are read as by `CNN`; 84 × 84 pixels become 11 × 11, MinAtar's
    10 × 10 become 2 × 2.

    References: Espeholt et al. (2018), arXiv 1802.01561; Miyato et al. (2018), arXiv 1802.05957,
    for spectral normalisation; Clark et al. (2024), arXiv 2411.03820, for the use of it and of
    pooling.
    """

    channels: tuple[int, ...] = (16, 32, 32)
    """Filters of each block's convolutions."""
    width: int = 1
    """Factor on all `channels`; at least 1."""
    pooled: int | None = None
    """Rows and columns of the last block's images after adaptive max pooling; shorter sides stay as
    they are. None for no pooling."""
    hidden: tuple[int, ...] = (256,)
    """Width of each fully connected layer after the blocks; may be empty."""
    activation: Activation = "relu"
    """Nonlinearity before each convolution of a residual unit, and after the last block and each
    fully connected layer."""
    layer: Layer = field(default_factory=Dense)
    """Kind of the fully connected layers: `Dense()` or `Noisy()`."""
    layer_norm: bool = False
    """Whether the output of each block's first convolution and of each fully connected layer is
    normalised, over all its entries."""
    spectral_norm: bool = False
    """Whether filters of residual units are divided by their largest singular value, so that no
    unit magnifies differences by more than a fixed factor."""
    formulation: Formulation = "auto"
    """`convolution`: XLA's own; `products`: matrix products, many times faster in a compiled loop
    on a CPU; `auto`: the faster one for the device. The results are the same."""

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("channels", "hidden"):
            numbers = getattr(self, name)
            require(min(numbers, default=1) >= 1, f"ImpalaCNN.{name}", numbers, "positive numbers")
        require(len(self.channels) >= 1, "ImpalaCNN.channels", self.channels, "one or more numbers")
        require(self.width >= 1, "ImpalaCNN.width", self.width, "at least 1")
        require(
            self.pooled is None or self.pooled >= 1,
            "ImpalaCNN.pooled",
            self.pooled,
            "at least 1 or None",
        )

    def __call__(self, observation: Any, space: Space) -> jax.Array:
        """Return features of shape [B, F].

        Raises:
            UsageError: if observations are not images, or a block would have no pixels to halve.
        """
        x = images("ImpalaCNN", observation, space)
        _require_pixels(x.shape[1], x.shape[2], len(self.channels))
        for block, channels in enumerate(self.channels):
            x = self._convolved(x, channels * self.width, f"conv_{block}")
            x = max_pool(self._normalised(x, f"conv_norm_{block}"), self.formulation)
            for unit in range(_UNITS):
                x = x + self._unit(x, f"unit_{block}_{unit}")
        x = self._activated(x)
        if self.pooled is not None:
            x = adaptive_max_pool(x, self.pooled)
        x = x.reshape((x.shape[0], -1))
        for layer, width in enumerate(self.hidden):
            x = self.layer(x, width, name=f"dense_{layer}", hidden=True)
            x = self._activated(self._normalised(x, f"norm_{layer}"))
        return x

    def _unit(self, x: jax.Array, name: str) -> jax.Array:
        for half in ("inner", "outer"):
            x = self._convolved(
                self._activated(x), x.shape[-1], f"{name}_{half}", spectral_norm=self.spectral_norm
            )
        return x

    def _convolved(
        self, x: jax.Array, channels: int, name: str, *, spectral_norm: bool = False
    ) -> jax.Array:
        return Convolution(
            channels,
            size=3,
            padding=1,
            spectral_norm=spectral_norm,
            formulation=self.formulation,
            name=name,
        )(x)

    def _normalised(self, x: jax.Array, name: str) -> jax.Array:
        if not self.layer_norm:
            return x
        normalised: jax.Array = nn.LayerNorm(reduction_axes=tuple(range(1, x.ndim)), name=name)(x)
        return normalised

    def _activated(self, x: jax.Array) -> jax.Array:
        return activated(x, self.activation)


def _require_pixels(height: int, width: int, blocks: int) -> None:
    """Raise `UsageError` unless a side is longer than one pixel before each halving."""
    least = 2 ** (blocks - 1) + 1
    if min(height, width) < least:
        raise UsageError(
            f"ImpalaCNN.channels ({blocks} blocks, each of which halves the image) needs images of "
            f"at least {least} × {least} pixels, but this environment shows {height} × {width}."
        )
