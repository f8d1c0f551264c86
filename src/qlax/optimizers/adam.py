"""Adam: an adaptive step size for every parameter."""

from dataclasses import dataclass

import optax

from qlax.errors import require
from qlax.optimizers.core import MinimisesLoss
from qlax.optimizers.limits import check_learning_rate, check_max_grad_norm, clipping
from qlax.optimizers.void_batches import paused_where_void
from qlax.schedules import Schedule
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class Adam(MinimisesLoss):
    """θ ← θ − η · m̂ / (√v̂ + ε).

    Reference: Kingma and Ba (2015), arXiv 1412.6980.
    """

    learning_rate: float | Schedule = 1e-3
    """η ≥ 0, by gradient updates."""
    beta1: float = 0.9
    """Decay of the mean of gradients, in [0, 1)."""
    beta2: float = 0.999
    """Decay of the mean of squared gradients, in [0, 1)."""
    epsilon: float = 1e-8
    """ε > 0, added to the root."""
    max_grad_norm: float | None = None
    """Gradients are scaled down to this global norm, or left as they are if None."""

    def __post_init__(self) -> None:
        check_types(self)
        check_learning_rate("Adam", self.learning_rate)
        require(0.0 <= self.beta1 < 1.0, "Adam.beta1", self.beta1, "in [0, 1)")
        require(0.0 <= self.beta2 < 1.0, "Adam.beta2", self.beta2, "in [0, 1)")
        require(self.epsilon > 0.0, "Adam.epsilon", self.epsilon, "greater than 0")
        check_max_grad_norm("Adam", self.max_grad_norm)

    def transformation(self) -> optax.GradientTransformationExtraArgs:
        """Return clipping (if any) followed by Adam's direction."""
        adam = optax.scale_by_adam(b1=self.beta1, b2=self.beta2, eps=self.epsilon)
        return paused_where_void(optax.chain(clipping(self.max_grad_norm), adam))
