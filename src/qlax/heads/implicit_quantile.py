"""The distribution of the return as a quantile function, evaluated at random levels."""

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn

from qlax.errors import require
from qlax.features import Features
from qlax.heads.core import Distribution, Loss
from qlax.heads.quantile_function import QuantileFunction
from qlax.heads.rescaling import Rescaling, Unscaled
from qlax.heads.streams import Plain, Stream
from qlax.maths.bootstrap import Backup, chosen, mixture
from qlax.maths.distributional import (
    expectation,
    midpoints,
    quantile_backup,
    quantile_huber,
    tail_weights,
)
from qlax.randomness import RandomStream
from qlax.validation import check_types


class QuantilesAt(NamedTuple):
    """Quantiles and their levels."""

    quantiles: jax.Array
    """Z_τ(s, ·), on the scale of the rescaling, shape [B, A, K]."""
    levels: jax.Array
    """τ, shape [B, K]."""


@dataclass(frozen=True, kw_only=True)
class IQN:
    """Z_τ(s, a) = stream(φ(s) ∘ ψ(τ)), τ ~ U(0, 1); Q(s, a) is the mean over τ.

    Learned as in `QuantileRegression`, with random levels: K for Z(s, a), and K of the target's
    own for Z(s′, ·).

    Departures from the paper: a batch shares one draw of levels, so that they are embedded once,
    which is many times faster; they are drawn one from each of K equal parts of (0, 1), which
    leaves the expected loss unchanged and reduces its variance; acting and evaluation take the
    midpoints of such parts, and so are deterministic; a target's action is chosen by the levels of
    its samples.

    Reference: Dabney et al. (2018), arXiv 1806.06923.
    """

    random_streams: ClassVar[tuple[RandomStream, ...]] = (RandomStream("quantiles", "learning"),)

    quantiles: int = 16
    """K: levels drawn in learning, and again for the target; at least 1."""
    acting_quantiles: int = 32
    """Fixed levels in acting and evaluation; at least 1."""
    embedding: int = 64
    """Number of cosines that describe a level; at least 1."""
    kappa: float = 1.0
    """κ ≥ 0: errors up to it count quadratically; 0 for the quantiles themselves."""
    stream: Stream = field(default_factory=Plain)
    """How features become quantiles: `Plain()` or `Dueling()`."""
    rescaling: Rescaling = field(default_factory=Unscaled)
    """h: the scale quantiles are predicted on."""
    risk: float = 1.0
    """η in (0, 1]: actions are valued by the mean of their quantiles with τ ≤ η (CVaR); 1 for the
    mean of all."""

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("quantiles", "acting_quantiles", "embedding"):
            require(getattr(self, name) >= 1, f"IQN.{name}", getattr(self, name), "at least 1")
        require(self.kappa >= 0.0, "IQN.kappa", self.kappa, "0 or more")
        require(0.0 < self.risk <= 1.0, "IQN.risk", self.risk, "in (0, 1]")

    def predict(self, features: Features, num_actions: int) -> QuantilesAt:
        """Return every action's quantiles."""
        levels = _Levels(self.quantiles, self.acting_quantiles, name="drawn_levels")()
        function = QuantileFunction(self.embedding, self.stream, name="quantile_function")
        quantiles = function(features, levels, num_actions)
        # The batch comes first in every array, so that samples can be picked and reshaped.
        return QuantilesAt(quantiles, jnp.broadcast_to(levels, (len(quantiles), len(levels))))

    def q_values(self, prediction: QuantilesAt) -> jax.Array:
        """Return the mean of h⁻¹ of the quantiles with τ ≤ η."""
        weights = tail_weights(prediction.levels, self.risk)
        return expectation(self.rescaling.inverse(prediction.quantiles), weights)

    def distribution(self, prediction: QuantilesAt) -> Distribution:
        """Return h⁻¹ of the quantiles, all of them equally probable."""
        values = self.rescaling.inverse(prediction.quantiles)
        return Distribution(values, jnp.full_like(values, 1.0 / values.shape[-1]))

    def backup(
        self, reward: jax.Array, discount: jax.Array, next_prediction: QuantilesAt, backup: Backup
    ) -> jax.Array:
        """Return samples of the target, shape [B, K]."""
        quantiles = self.rescaling.inverse(next_prediction.quantiles)
        return self.rescaling(quantile_backup(reward, discount, quantiles, backup))

    def joint(self, prediction: QuantilesAt, weights: jax.Array) -> QuantilesAt:
        """Return means of quantiles of the same level."""
        return prediction._replace(quantiles=mixture(weights, prediction.quantiles)[:, None])

    def loss(self, prediction: QuantilesAt, action: jax.Array, target: jax.Array) -> Loss:
        """Return the quantile Huber loss of the taken action's quantiles, shape [B]."""
        quantiles = chosen(prediction.quantiles, action)
        value = quantiles.mean(-1)
        loss = quantile_huber(quantiles, prediction.levels, target, self.kappa)
        return Loss(loss, target.mean(-1) - value, value)


class _Levels(nn.Module):
    """τ of shape [K], ascending: random where there is a stream of random numbers, else midpoints.

    A module without parameters: only a module can ask for randomness.
    """

    drawn: int
    fixed: int

    @nn.compact
    def __call__(self) -> jax.Array:
        if self.has_rng("quantiles"):
            within = jax.random.uniform(self.make_rng("quantiles"), (self.drawn,))
            return (jnp.arange(self.drawn) + within) / self.drawn
        return jnp.asarray(midpoints(self.fixed))
