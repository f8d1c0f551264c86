"""The expected return, learned as a histogram: regression turned into classification."""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np

from qlax.errors import require
from qlax.features import Features
from qlax.heads.core import Distribution, Loss
from qlax.heads.rescaling import Rescaling, Unscaled
from qlax.heads.streams import Plain, Stream
from qlax.maths.bootstrap import Backup, chosen, mixture, scalar_backup
from qlax.maths.distributional import cross_entropy, gaussian_histogram
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class HLGauss:
    """Q(s, a) = Σ_j softmax(logits)_j c_j, learned by −Σ_j p_j log softmax(logits)_j.

    c_j are the centres of bins; p_j is the probability of bin j under a normal distribution around
    the target y = r + b + d · Σ_a π(a) [Q(s′, a) − e(a)], truncated to the bins. Targets beyond
    them count as the outermost edge. Values within one or two σ of an edge are pulled inwards:
    leave room there.

    With a rescaling h, y is h of the above and Q is h⁻¹ of the sum; the bins are on the scale
    of h.

    Reference: Farebrother et al. (2024), arXiv 2403.03950.
    """

    low: float = -10.0
    """The first bin's lower edge, on the scale of `rescaling`."""
    high: float = 10.0
    """The last bin's upper edge; above `low`."""
    bins: int = 51
    """Number of bins of equal width; at least 2."""
    sigma_ratio: float = 0.75
    """σ in units of a bin's width, greater than 0: how many bins share a target."""
    stream: Stream = field(default_factory=Plain)
    """How features become logits: `Plain()` or `Dueling()`."""
    rescaling: Rescaling = field(default_factory=Unscaled)
    """h: the scale values are predicted on."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.low < self.high, "HLGauss.low", self.low, f"less than high ({self.high})")
        require(self.bins >= 2, "HLGauss.bins", self.bins, "at least 2")
        require(self.sigma_ratio > 0.0, "HLGauss.sigma_ratio", self.sigma_ratio, "greater than 0")

    def predict(self, features: Features, num_actions: int) -> jax.Array:
        """Return the logits of every action's bins, shape [B, A, K]."""
        return self.stream(features, num_actions, self.bins)

    def q_values(self, prediction: jax.Array) -> jax.Array:
        """Return h⁻¹ of the histograms' means."""
        return self.rescaling.inverse(self._mean(prediction))

    def distribution(self, prediction: jax.Array) -> Distribution:
        """Return h⁻¹ of the bins' centres, and the histograms."""
        values = self.rescaling.inverse(jnp.asarray(self._centres))
        return Distribution(values, jax.nn.softmax(prediction, -1))

    def backup(
        self, reward: jax.Array, discount: jax.Array, next_prediction: jax.Array, backup: Backup
    ) -> jax.Array:
        """Return the target's histogram, shape [B, K]."""
        q_next = self.q_values(next_prediction)
        return self.from_return(scalar_backup(reward, discount, q_next, backup))

    def from_return(self, returns: jax.Array) -> jax.Array:
        """Return the histograms of normal distributions around h of the returns, [B, K]."""
        sigma = self.sigma_ratio * (self.high - self.low) / self.bins
        return gaussian_histogram(self.rescaling(returns), self._edges, sigma)

    def joint(self, prediction: jax.Array, weights: jax.Array) -> jax.Array:
        """Return means of logits, shape [B, 1, K]: of normal distributions, that of their means."""
        return mixture(weights, prediction)[:, None]

    def loss(self, prediction: jax.Array, action: jax.Array, target: jax.Array) -> Loss:
        """Return the cross-entropy of the taken action's histogram, shape [B]."""
        logits = chosen(prediction, action)
        value = self._mean(logits)
        return Loss(cross_entropy(logits, target), target @ self._centres - value, value)

    def _mean(self, logits: jax.Array) -> jax.Array:
        return jax.nn.softmax(logits, -1) @ self._centres

    @property
    def _edges(self) -> np.ndarray:
        return np.linspace(self.low, self.high, self.bins + 1, dtype=np.float32)

    @property
    def _centres(self) -> np.ndarray:
        half = 0.5 * (self.high - self.low) / self.bins
        return np.linspace(self.low + half, self.high - half, self.bins, dtype=np.float32)
