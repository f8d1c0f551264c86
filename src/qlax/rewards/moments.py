"""Running mean and variance over valid steps."""

import jax
import jax.numpy as jnp

from qlax.observations import Moments, unless_full


def no_moments(shape: tuple[int, ...] = ()) -> Moments:
    """Return statistics of no values yet, for values of the given shape."""
    return Moments(jnp.float32(0), jnp.zeros(shape), jnp.zeros(shape))


def moments_with_valid(moments: Moments, values: jax.Array, valid: jax.Array) -> Moments:
    """Return the statistics with the valid ones of N values, shape [N, …], added."""
    weight = valid.astype(jnp.float32).reshape((-1, *[1] * (values.ndim - 1)))
    new = weight.sum()
    # Where nothing is valid the divisor is arbitrary: every numerator is 0.
    mean = (weight * values).sum(0) / jnp.maximum(new, 1.0)
    count = moments.count + new
    shift, share = mean - moments.mean, new / jnp.maximum(count, 1.0)
    after = Moments(
        count=count,
        mean=moments.mean + shift * share,
        squares=moments.squares
        + (weight * jnp.square(values - mean)).sum(0)
        + jnp.square(shift) * moments.count * share,
    )
    return unless_full(moments, after)
