"""Stochastic gradient descent, for tables and linear agents."""

from dataclasses import dataclass

import optax

from qlax.optimizers.core import MinimisesLoss
from qlax.optimizers.limits import check_learning_rate, check_max_grad_norm, clipping
from qlax.schedules import Schedule
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class SGD(MinimisesLoss):
    """θ ← θ − η · g.

    A loss is a mean over the batch, so with batches of one and ½ δ² this is the textbook's
    tabular update, with η its step size.
    """

    learning_rate: float | Schedule = 0.1
    """η ≥ 0, by gradient updates."""
    max_grad_norm: float | None = None
    """Gradients are scaled down to this global norm, or left as they are if None."""

    def __post_init__(self) -> None:
        check_types(self)
        check_learning_rate("SGD", self.learning_rate)
        check_max_grad_norm("SGD", self.max_grad_norm)

    def transformation(self) -> optax.GradientTransformationExtraArgs:
        """Return the gradient itself, clipped if asked."""
        return optax.with_extra_args_support(clipping(self.max_grad_norm))
