"""The convolutional layer that networks are built from."""

import jax
import jax.numpy as jnp
from flax import linen as nn

from qlax.maths.convolution import Formulation, convolve
from qlax.maths.spectral import spectrally_normalised


class Convolution(nn.Module):
    """K ∗ x + c, or with `spectral_norm` (K / σ(K)) ∗ x + c."""

    channels: int
    size: int
    stride: int = 1
    padding: int = 0
    spectral_norm: bool = False
    formulation: Formulation = "auto"

    @nn.compact
    def __call__(self, images: jax.Array) -> jax.Array:
        """Return images of shape [B, H′, W′, channels]."""
        shape = (self.size, self.size, images.shape[-1], self.channels)
        kernel = jnp.asarray(self.param("kernel", nn.initializers.lecun_normal(), shape))
        bias = self.param("bias", nn.initializers.zeros_init(), (self.channels,))
        if self.spectral_norm:
            kernel = spectrally_normalised(kernel)
        made = convolve(images, kernel, self.stride, self.formulation, padding=self.padding)
        return made + bias
