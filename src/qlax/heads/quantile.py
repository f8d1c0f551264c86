"""The distribution of the return as quantiles at fixed levels."""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.features import Features
from qlax.heads.core import Distribution, Loss
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
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class QuantileRegression:
    """Z_i(s, a) is the quantile of level τ̂_i = (i + ½) / K; Q(s, a) is their mean.

    Learned by Σ_i E_j |τ̂_i − 1{δ_ij < 0}| L_κ(δ_ij) / κ with δ_ij = y_j − Z_i(s, a) and the
    target's samples y_j = r + b + d · Σ_a π(a) [Z_j(s′, a) − e(a)]: quantiles of the same level
    are averaged over actions.

    With a rescaling h the network predicts h of quantiles, and the samples are h of the above: h
    is monotone, so quantiles stay quantiles.

    Reference: Dabney et al. (2018), arXiv 1710.10044; the paper has K = 200.
    """

    quantiles: int = 51
    """K: at least 1."""
    kappa: float = 1.0
    """κ ≥ 0: errors up to it count quadratically, which moves quantiles towards the mean; 0 for
    the quantiles themselves."""
    stream: Stream = field(default_factory=Plain)
    """How features become quantiles: `Plain()` or `Dueling()`."""
    rescaling: Rescaling = field(default_factory=Unscaled)
    """h: the scale quantiles are predicted on."""
    risk: float = 1.0
    """η in (0, 1]: actions are valued by the mean of their quantiles with τ ≤ η (CVaR); 1 for the
    mean of all."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.quantiles >= 1, "QuantileRegression.quantiles", self.quantiles, "at least 1")
        require(self.kappa >= 0.0, "QuantileRegression.kappa", self.kappa, "0 or more")
        require(0.0 < self.risk <= 1.0, "QuantileRegression.risk", self.risk, "in (0, 1]")

    def predict(self, features: Features, num_actions: int) -> jax.Array:
        """Return every action's quantiles, on the scale of h, shape [B, A, K]."""
        return self.stream(features, num_actions, self.quantiles)

    def q_values(self, prediction: jax.Array) -> jax.Array:
        """Return the mean of h⁻¹ of the quantiles with τ̂ ≤ η."""
        weights = tail_weights(midpoints(self.quantiles), self.risk)
        return expectation(self.rescaling.inverse(prediction), weights)

    def distribution(self, prediction: jax.Array) -> Distribution:
        """Return h⁻¹ of the quantiles, all of them equally probable."""
        values = self.rescaling.inverse(prediction)
        return Distribution(values, jnp.full_like(values, 1.0 / self.quantiles))

    def backup(
        self, reward: jax.Array, discount: jax.Array, next_prediction: jax.Array, backup: Backup
    ) -> jax.Array:
        """Return samples of the target, shape [B, K]."""
        quantiles = self.rescaling.inverse(next_prediction)
        return self.rescaling(quantile_backup(reward, discount, quantiles, backup))

    def joint(self, prediction: jax.Array, weights: jax.Array) -> jax.Array:
        """Return means of quantiles of the same level, shape [B, 1, K]."""
        return mixture(weights, prediction)[:, None]

    def loss(self, prediction: jax.Array, action: jax.Array, target: jax.Array) -> Loss:
        """Return the quantile Huber loss of the taken action's quantiles, shape [B]."""
        quantiles = chosen(prediction, action)
        value = quantiles.mean(-1)
        loss = quantile_huber(quantiles, midpoints(self.quantiles), target, self.kappa)
        return Loss(loss, target.mean(-1) - value, value)
