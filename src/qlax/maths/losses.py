"""How far a prediction is from its target."""

import jax
import jax.numpy as jnp


def squared(error: jax.Array) -> jax.Array:
    """Return ½ δ², elementwise."""
    return 0.5 * error**2


def huber(error: jax.Array, delta: float = 1.0) -> jax.Array:
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
