"""Losses of an error."""

import jax.numpy as jnp

from qlax.maths.shapes import PerSample, checked


@checked
def squared(error: PerSample) -> PerSample:
    """Return ½ δ², elementwise."""
    return 0.5 * error**2


@checked
def huber(error: PerSample, delta: float = 1.0) -> PerSample:
    """Return ½ δ² for |δ| ≤ κ, else κ (|δ| − ½ κ), elementwise.

    Args:
        error: δ = target − prediction, any shape.
        delta: κ > 0, where the parabola turns into a line.

    Reference: Huber (1964), Robust Estimation of a Location Parameter; used as "error clipping"
    by Mnih et al. (2015).
    """
    magnitude = jnp.abs(error)
    inside = jnp.minimum(magnitude, delta)
    return 0.5 * inside**2 + delta * (magnitude - inside)
