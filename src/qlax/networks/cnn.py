"""Convolutional layers."""

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from qlax.activations import Activation, activated
from qlax.errors import UsageError, require
from qlax.layers import Dense, Layer
from qlax.maths.convolution import Formulation
from qlax.networks.convolution import Convolution
from qlax.observations import dense
from qlax.spaces import Box, Space
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class CNN:
    """Convolutions, then fully connected layers: x ← activation(normalised(K ∗ x + c)).

    Images are [height, width, channels], [channels, height, width] where channels are few
    (`spaces.Box.channels_first`), or [height, width] for one channel; the frames of a stack become
    channels. The default is the network of MinAtar; `channels=(32, 64, 64), kernels=(8, 4, 3),
    strides=(4, 2, 1), hidden=(512,)` is the network that DQN played Atari with.

    References: Young and Tian (2019), arXiv 1903.03176; Mnih et al. (2015), Nature 518.
    """

    channels: tuple[int, ...] = (16,)
    """Filters of each convolution."""
    kernels: tuple[int, ...] = (3,)
    """Side of each convolution's square filters, in pixels; as many as `channels`."""
    strides: tuple[int, ...] = (1,)
    """Pixels between applications of a filter; as many as `channels`."""
    hidden: tuple[int, ...] = (128,)
    """Width of each fully connected layer after them; may be empty."""
    activation: Activation = "relu"
    """Nonlinearity after each layer."""
    layer: Layer = field(default_factory=Dense)
    """Kind of the fully connected layers: `Dense()` or `Noisy()`."""
    layer_norm: bool = False
    """Whether each layer's output is normalised, over all its entries, before the nonlinearity."""
    formulation: Formulation = "auto"
    """`convolution`: XLA's own; `products`: matrix products, many times faster in a compiled loop
    on a CPU; `auto`: the faster one for the device. The results are the same."""

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("channels", "kernels", "strides", "hidden"):
            numbers = getattr(self, name)
            require(min(numbers, default=1) >= 1, f"CNN.{name}", numbers, "positive numbers")
        for name in ("kernels", "strides"):
            numbers = getattr(self, name)
            as_many = len(numbers) == len(self.channels)
            require(as_many, f"CNN.{name}", numbers, f"as many as channels ({len(self.channels)})")

    def __call__(self, observation: Any, space: Space) -> jax.Array:
        """Return features of shape [B, F].

        Raises:
            UsageError: if observations are not images, or smaller than a filter.
        """
        x = images("CNN", observation, space)
        shapes = zip(self.channels, self.kernels, self.strides, strict=True)
        for layer, (channels, kernel, stride) in enumerate(shapes):
            if kernel > min(x.shape[1:3]):
                raise UsageError(
                    f"CNN.kernels ({self.kernels}) must fit into the images: layer {layer + 1} "
                    f"sees {x.shape[1]} × {x.shape[2]}."
                )
            x = Convolution(
                channels, kernel, stride, formulation=self.formulation, name=f"conv_{layer}"
            )(x)
            x = self._activated(x, f"conv_norm_{layer}")
        x = x.reshape((x.shape[0], -1))
        for layer, width in enumerate(self.hidden):
            x = self.layer(x, width, name=f"dense_{layer}", hidden=True)
            x = self._activated(x, f"norm_{layer}")
        return x

    def _activated(self, x: jax.Array, norm: str) -> jax.Array:
        if self.layer_norm:
            entries = tuple(range(1, x.ndim))
            x = nn.LayerNorm(reduction_axes=entries, name=norm)(x)
        return activated(x, self.activation)


def images(owner: str, observation: Any, space: Space) -> jax.Array:
    """Return observations as images of shape [B, height, width, channels].

    Frames of a stack become channels, the oldest first. Channels that come first are turned.

    Raises:
        UsageError: if they are none.
    """
    x = dense(observation, space)
    if isinstance(space, Box) and space.channels_first:
        x = jnp.moveaxis(x, -3, -1)
    if isinstance(space, Box) and space.frames > 1:
        x = jnp.moveaxis(x, 1, -1)  # [B, H, W, k] or [B, H, W, C, k]
        x = x.reshape((*x.shape[:3], -1)) if x.ndim > 3 else x
    elif x.ndim == 3:
        x = x[..., None]
    if x.ndim != 4:
        raise UsageError(
            f"{owner} reads images of shape [height, width, channels], but this environment shows "
            f"{space}."
        )
    return x
