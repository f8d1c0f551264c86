"""A network for the whole quantile function: it can be evaluated at any level."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from qlax.activations import activated
from qlax.features import SPARSE_WIDTH, Features, SparseFeatures
from qlax.heads.streams import Dueling, Plain, Stream
from qlax.layers import Dense


class QuantileFunction(nn.Module):
    """Z_τ(s, a) = stream(φ(s) ∘ ψ(τ))_a,  ψ(τ) = relu(W [cos(π i τ)]_{i < n} + c).

    Reference: Dabney et al. (2018), arXiv 1806.06923.
    """

    cosines: int
    """n: number of cosines that describe a level."""
    stream: Stream
    """From products of features and levels to one output per action."""

    @nn.compact
    def __call__(self, features: Features, levels: jax.Array, num_actions: int) -> jax.Array:
        """Return the quantiles of all levels τ, shape [K], in B states: shape [B, A, K]."""
        if isinstance(features, SparseFeatures):
            features = Dense()(features, SPARSE_WIDTH, name="features", hidden=True)
        width = features.shape[-1]
        waves = jnp.cos(np.pi * np.arange(self.cosines, dtype=np.float32) * levels[:, None])
        embedded = activated(Dense()(waves, width, name="levels"))
        if not _is_affine(self.stream):
            products = features[:, None, :] * embedded
            return jnp.swapaxes(self.stream(products, num_actions, 1)[..., 0], 1, 2)
        # An affine stream is determined by its outputs for the unit vectors and for zero. So
        # neither the products, [B, K, F], nor their gradients need be computed.
        probes = jnp.concatenate([jnp.eye(width), jnp.zeros((1, width))])
        outputs = self.stream(probes, num_actions, 1)[..., 0]
        weights, bias = outputs[:-1] - outputs[-1], outputs[-1]
        return (features[:, None, :] * weights.T) @ embedded.T + bias[:, None]


def _is_affine(stream: Stream) -> bool:
    """Return whether the stream is known to be x ↦ W x + c, with the same W for every x."""
    if isinstance(stream, Dueling) and stream.hidden:
        return False
    return isinstance(stream, Plain | Dueling) and isinstance(stream.layer, Dense)
