"""Optimisers that remember gradients, where there was none."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from qlax.optimizers.core import Signal


def paused_where_void(
    transformation: optax.GradientTransformation,
) -> optax.GradientTransformationExtraArgs:
    """Return the transformation, which stands still where no sample of a batch counts.

    The gradient is 0 then, but a momentum would fade and move parameters on, and the means of
    gradients and of their squares would be those of fewer.
    """
    inner = optax.with_extra_args_support(transformation)

    def update(
        gradient: Any, state: Any, params: Any = None, *, signal: Signal | None = None
    ) -> tuple[Any, Any]:
        direction, after = inner.update(gradient, state, params)
        if signal is None:  # outside an agent there is nothing but steps
            return direction, after
        some = signal.counts.any()
        direction = jax.tree.map(lambda step: jnp.where(some, step, 0.0), direction)
        return direction, jax.tree.map(lambda new, old: jnp.where(some, new, old), after, state)

    return optax.GradientTransformationExtraArgs(inner.init, update)
