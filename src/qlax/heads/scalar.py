"""The expected return itself, one number per action."""

from dataclasses import dataclass, field
from typing import Literal

import jax

from qlax.features import Features
from qlax.heads.core import Loss
from qlax.heads.rescaling import Rescaling, Unscaled
from qlax.heads.streams import Plain, Stream
from qlax.maths.bootstrap import Backup, chosen, mixture, scalar_backup
from qlax.maths.losses import huber, squared
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class Scalar:
    """Q(s, a), learned by regression: loss(r + b + d · Σ_a π(a) [Q(s′, a) − e(a)] − Q(s, a)).

    With a rescaling h the network predicts h(Q), and the target is h of the above.

    Reference: Mnih et al. (2015), Human-level control through deep reinforcement learning.
    """

    loss_function: Literal["huber", "squared"] = "huber"
    """`huber`: ½ δ² up to |δ| = 1 and linear beyond; `squared`: ½ δ²."""
    stream: Stream = field(default_factory=Plain)
    """How features become action values: `Plain()` or `Dueling()`."""
    rescaling: Rescaling = field(default_factory=Unscaled)
    """h: the scale values are predicted on."""

    def __post_init__(self) -> None:
        check_types(self)

    def predict(self, features: Features, num_actions: int) -> jax.Array:
        """Return h(Q(s, ·)), shape [B, A]."""
        return self.stream(features, num_actions, 1)[..., 0]

    def q_values(self, prediction: jax.Array) -> jax.Array:
        """Return h⁻¹ of the prediction."""
        return self.rescaling.inverse(prediction)

    def backup(
        self, reward: jax.Array, discount: jax.Array, next_prediction: jax.Array, backup: Backup
    ) -> jax.Array:
        """Return the target, shape [B]."""
        q_next = self.q_values(next_prediction)
        return self.from_return(scalar_backup(reward, discount, q_next, backup))

    def joint(self, prediction: jax.Array, weights: jax.Array) -> jax.Array:
        """Return the weighted mean of predictions, shape [B, 1]."""
        return mixture(weights, prediction)[:, None]

    def from_return(self, returns: jax.Array) -> jax.Array:
        """Return h of the returns."""
        return self.rescaling(returns)

    def loss(self, prediction: jax.Array, action: jax.Array, target: jax.Array) -> Loss:
        """Return the regression loss of the taken action's value, shape [B]."""
        value = chosen(prediction, action)
        error = target - value
        function = huber if self.loss_function == "huber" else squared
        return Loss(function(error), error, value)
