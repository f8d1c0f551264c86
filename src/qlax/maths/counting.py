"""Counts that go on beyond 2³¹, where int32 would turn negative.

A compiled loop of a million steps a second is there after 36 minutes, and JAX has no wider integers
unless a whole program is told to use them.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

MOST = 2**31 - 1
"""The largest int32."""


class Count(NamedTuple):
    """An exact count, high · 2³¹ + low."""

    high: jax.Array
    """int32."""
    low: jax.Array
    """int32, from 0 to 2³¹ − 1: the number itself up to there, and then from 0 again."""

    @classmethod
    def of(cls, number: int) -> "Count":
        """Return the count that stands at a number."""
        high, low = divmod(number, MOST + 1)
        return cls(jnp.int32(high), jnp.int32(low))

    def after(self, more: int | jax.Array) -> "Count":
        """Return the count after `more`, at most 2³¹ − 1 at once."""
        low = self.low + jnp.int32(more)  # beyond 2³¹ − 1 it turns negative: the sign is the carry
        return Count(self.high + (low < 0), low & MOST)

    @property
    def clipped(self) -> jax.Array:
        """The count as int32, 2³¹ − 1 where it is more: what schedules run on."""
        return jnp.where(self.high > 0, MOST, self.low)

    def __int__(self) -> int:
        """Return the number."""
        return int(self.high) * (MOST + 1) + int(self.low)


def clipped_sum(count: jax.Array, more: int | jax.Array) -> jax.Array:
    """Return count + more, int32, but 2³¹ − 1 where that would be more; both are 0 or more."""
    total = count + jnp.asarray(more, jnp.int32)
    return jnp.where(total < count, MOST, total)
