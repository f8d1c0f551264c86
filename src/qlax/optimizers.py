"""How a gradient becomes a step. The learning rate itself is applied by the agent.

Keeping the rate out of the optimiser makes it data: it can follow a schedule, be changed on
resume, and be an array that is mapped over.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import optax

from qlax.errors import require
from qlax.schedules import Schedule, extremes
from qlax.validation import check_types


@runtime_checkable
class Optimizer(Protocol):
    """Anything with a learning rate and an optax transformation."""

    @property
    def learning_rate(self) -> float | Schedule:
        """Step size, by gradient updates."""
        ...

    def transformation(self) -> optax.GradientTransformation:
        """Return the direction of *descent's opposite*: parameters move by −rate · output."""
        ...


@dataclass(frozen=True, kw_only=True)
class Adam:
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
        _check_learning_rate("Adam", self.learning_rate)
        require(0.0 <= self.beta1 < 1.0, "Adam.beta1", self.beta1, "in [0, 1)")
        require(0.0 <= self.beta2 < 1.0, "Adam.beta2", self.beta2, "in [0, 1)")
        require(self.epsilon > 0.0, "Adam.epsilon", self.epsilon, "greater than 0")
        _check_norm("Adam", self.max_grad_norm)

    def transformation(self) -> optax.GradientTransformation:
        """Return clipping (if any) followed by Adam's direction."""
        return optax.chain(
            _clipping(self.max_grad_norm),
            optax.scale_by_adam(b1=self.beta1, b2=self.beta2, eps=self.epsilon),
        )


@dataclass(frozen=True, kw_only=True)
class SGD:
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
        _check_learning_rate("SGD", self.learning_rate)
        _check_norm("SGD", self.max_grad_norm)

    def transformation(self) -> optax.GradientTransformation:
        """Return the gradient itself, clipped if asked."""
        return _clipping(self.max_grad_norm)


def _clipping(max_norm: float | None) -> optax.GradientTransformation:
    return optax.identity() if max_norm is None else optax.clip_by_global_norm(max_norm)


def _check_learning_rate(owner: str, learning_rate: float | Schedule) -> None:
    smallest, _ = extremes(learning_rate)
    require(smallest >= 0.0, f"{owner}.learning_rate", learning_rate, "0 or more")


def _check_norm(owner: str, max_norm: float | None) -> None:
    require(
        max_norm is None or max_norm > 0.0, f"{owner}.max_grad_norm", max_norm, "positive or None"
    )
