"""The distribution of the return as a quantile function, evaluated at learned levels."""

from dataclasses import dataclass, field
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qlax.errors import require
from qlax.features import Features, SparseFeatures
from qlax.heads.core import Distribution, Loss
from qlax.heads.quantile_function import QuantileFunction
from qlax.heads.rescaling import Rescaling, Unscaled
from qlax.heads.streams import Plain, Stream
from qlax.layers import Dense
from qlax.maths.bootstrap import Backup, chosen, mixture
from qlax.maths.distributional import (
    expectation,
    fraction_gradient,
    interpolate,
    quantile_backup,
    quantile_huber,
    tail_weights,
)
from qlax.validation import check_types


class QuantilesOf(NamedTuple):
    """Quantiles at the midpoints between fractions, and the fractions."""

    quantiles: jax.Array
    """F(τ̂_i), on the scale of the rescaling, shape [B, A, K]."""
    at_fractions: jax.Array
    """F(τ_i) at the inner fractions, i = 1 … K − 1, shape [B, A, K − 1]."""
    logits: jax.Array
    """Of the widths τ_{i+1} − τ_i, shape [B, K]."""


class Samples(NamedTuple):
    """Weighted samples of a target."""

    values: jax.Array
    """On the scale of the rescaling, shape [B, K]."""
    weights: jax.Array
    """Their probabilities, shape [B, K]."""


@dataclass(frozen=True, kw_only=True)
class FQF:
    """Q(s, a) = Σ_i (τ_{i+1} − τ_i) F(τ̂_i), τ̂_i = ½ (τ_i + τ_{i+1}), with learned τ_i(s).

    F(τ) = Z_τ(s, a) is the quantile function of `IQN`. The widths τ_{i+1} − τ_i are a softmax
    over K logits of φ(s), which learn by ∂W₁/∂τ_i = 2 F(τ_i) − F(τ̂_i) − F(τ̂_{i−1}), and by the
    entropy of the widths. F learns by the loss of `QuantileRegression` at τ̂, with the target's
    samples weighted by its widths. Neither learns from the other's loss, and φ only from F's.

    Departures: the paper weights the target's samples equally, though they stand for parts of
    different widths. It gives the fractions an optimiser with a far smaller learning rate. Here
    the logits are `fraction_scale` times a linear layer's output, which slows them down as much
    under an optimiser that, as Adam, makes steps of the same size whatever the gradient's. And
    where the paper embeds every state's levels, here F is evaluated at the same `knots` for all
    states and is linear in between, which is several times faster.

    Reference: Yang et al. (2019), arXiv 1911.02140.
    """

    quantiles: int = 32
    """K: at least 2."""
    embedding: int = 64
    """Number of cosines that describe a level; at least 1."""
    knots: int = 64
    """Evenly spaced levels, 0 and 1 among them, at which F is evaluated; at least 2."""
    kappa: float = 1.0
    """κ ≥ 0: errors up to it count quadratically; 0 for the quantiles themselves."""
    fraction_scale: float = 0.01
    """How quickly fractions move compared with the rest, greater than 0."""
    entropy: float = 0.001
    """Weight of the widths' entropy, 0 or more: it keeps fractions apart."""
    stream: Stream = field(default_factory=Plain)
    """How features become quantiles: `Plain()` or `Dueling()`."""
    rescaling: Rescaling = field(default_factory=Unscaled)
    """h: the scale quantiles are predicted on."""
    risk: float = 1.0
    """η in (0, 1]: actions are valued by the mean of their quantiles with τ̂ ≤ η (CVaR); 1 for the
    mean of all."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.quantiles >= 2, "FQF.quantiles", self.quantiles, "at least 2")
        require(self.embedding >= 1, "FQF.embedding", self.embedding, "at least 1")
        require(self.knots >= 2, "FQF.knots", self.knots, "at least 2")
        require(self.kappa >= 0.0, "FQF.kappa", self.kappa, "0 or more")
        require(
            self.fraction_scale > 0.0, "FQF.fraction_scale", self.fraction_scale, "greater than 0"
        )
        require(self.entropy >= 0.0, "FQF.entropy", self.entropy, "0 or more")
        require(0.0 < self.risk <= 1.0, "FQF.risk", self.risk, "in (0, 1]")

    def predict(self, features: Features, num_actions: int) -> QuantilesOf:
        """Return every action's quantiles, and the fractions they share."""
        seen = features if isinstance(features, SparseFeatures) else jax.lax.stop_gradient(features)
        logits = self.fraction_scale * Dense()(seen, self.quantiles, name="fractions")
        fractions, middles = _fractions(jax.lax.stop_gradient(logits))
        function = QuantileFunction(self.embedding, self.stream, name="quantile_function")
        curve = function(features, jnp.linspace(0.0, 1.0, self.knots), num_actions)
        inner = interpolate(jax.lax.stop_gradient(curve), fractions[:, 1:-1])
        return QuantilesOf(interpolate(curve, middles), inner, logits)

    def q_values(self, prediction: QuantilesOf) -> jax.Array:
        """Return the mean of h⁻¹ of the quantiles with τ̂ ≤ η, weighted by their widths."""
        _, middles = _fractions(prediction.logits)
        weights = tail_weights(middles, self.risk, jax.nn.softmax(prediction.logits, -1))
        return expectation(self.rescaling.inverse(prediction.quantiles), weights)

    def distribution(self, prediction: QuantilesOf) -> Distribution:
        """Return h⁻¹ of the quantiles, each as probable as the part that it stands for is wide."""
        values = self.rescaling.inverse(prediction.quantiles)
        widths = jax.nn.softmax(prediction.logits, -1)[:, None]
        return Distribution(values, jnp.broadcast_to(widths, values.shape))

    def backup(
        self, reward: jax.Array, discount: jax.Array, next_prediction: QuantilesOf, backup: Backup
    ) -> Samples:
        """Return weighted samples of the target."""
        quantiles = self.rescaling.inverse(next_prediction.quantiles)
        values = self.rescaling(quantile_backup(reward, discount, quantiles, backup))
        return Samples(values, jax.nn.softmax(next_prediction.logits, -1))

    def joint(self, prediction: QuantilesOf, weights: jax.Array) -> QuantilesOf:
        """Return means of quantiles of the same level, at fractions and between them."""
        return prediction._replace(
            quantiles=mixture(weights, prediction.quantiles)[:, None],
            at_fractions=mixture(weights, prediction.at_fractions)[:, None],
        )

    def loss(self, prediction: QuantilesOf, action: jax.Array, target: Samples) -> Loss:
        """Return the loss of the taken action's quantiles and of the fractions, shape [B]."""
        quantiles = chosen(prediction.quantiles, action)
        fractions, middles = _fractions(prediction.logits)
        log_widths = jax.nn.log_softmax(prediction.logits, -1)
        widths = jnp.exp(log_widths)
        slope = jax.lax.stop_gradient(
            fraction_gradient(chosen(prediction.at_fractions, action), quantiles)
        )
        middles = jax.lax.stop_gradient(middles)
        loss = quantile_huber(quantiles, middles, target.values, self.kappa, target.weights)
        # Its value is 0; its gradient with respect to τ is the slope.
        of_fractions = (slope * (fractions - jax.lax.stop_gradient(fractions))[:, 1:-1]).sum(-1)
        entropy = -(widths * log_widths).sum(-1)
        value = (jax.lax.stop_gradient(widths) * quantiles).sum(-1)
        return Loss(
            loss=loss + of_fractions - self.entropy * entropy,
            error=(target.weights * target.values).sum(-1) - value,
            value=value,
        )


def _fractions(logits: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return τ_0 = 0 … τ_K = 1 and the midpoints between them, [B, K] → [B, K + 1] and [B, K]."""
    # A cumulative sum as a product with a triangular matrix: many times faster than `cumsum`.
    upper = jax.nn.softmax(logits, -1) @ np.triu(np.ones((logits.shape[-1],) * 2, np.float32))
    fractions = jnp.concatenate([jnp.zeros_like(upper[:, :1]), upper], -1)
    return fractions, 0.5 * (fractions[:, 1:] + fractions[:, :-1])
