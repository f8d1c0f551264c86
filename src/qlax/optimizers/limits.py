"""Checks of learning rates and gradient norms, and clipping."""

import optax

from qlax.errors import require
from qlax.schedules import Schedule, extremes


def check_learning_rate(owner: str, learning_rate: float | Schedule) -> None:
    """Raise `UsageError` if a learning rate is ever negative."""
    smallest, _ = extremes(learning_rate)
    require(not smallest < 0.0, f"{owner}.learning_rate", learning_rate, "0 or more")


def check_max_grad_norm(owner: str, max_norm: float | None) -> None:
    """Raise `UsageError` unless a norm is positive, or None."""
    require(
        max_norm is None or max_norm > 0.0, f"{owner}.max_grad_norm", max_norm, "positive or None"
    )


def clipping(max_norm: float | None) -> optax.GradientTransformation:
    """Return clipping of gradients to a global norm; no clipping if None."""
    return optax.identity() if max_norm is None else optax.clip_by_global_norm(max_norm)
