"""The stage between an observation and the network: applied alike in acting and learning."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np

from qlax.spaces import Box, Discrete, Space


@runtime_checkable
class Observation(Protocol):
    """Turns a batch of observations and their space into another."""

    def __call__(self, observation: jax.Array, space: Space) -> tuple[jax.Array, Space]:
        """Return the new observations, shape [B, …], and the space they live in."""
        ...


@dataclass(frozen=True, kw_only=True)
class Raw:
    """Leaves observations as the environment gives them."""

    def __call__(self, observation: jax.Array, space: Space) -> tuple[jax.Array, Space]:
        """Return both unchanged."""
        return observation, space


@dataclass(frozen=True, kw_only=True)
class ScaleToBounds:
    """Maps every bounded entry of a Box linearly to [−1, 1]; unbounded ones are left alone.

    x ← (2 x − low − high) / (high − low). MountainCar's velocity, within ± 0.07, would otherwise
    be invisible beside its position. Limits beyond 10⁶ count as none.
    """

    def __call__(self, observation: jax.Array, space: Space) -> tuple[jax.Array, Space]:
        """Return the scaled observations and their space."""
        if not isinstance(space, Box):
            return observation, space
        low, high = (
            np.broadcast_to(np.asarray(limit, np.float64).reshape(-1), (int(np.prod(space.shape)),))
            for limit in (space.low, space.high)
        )
        bounded = (np.abs(low) < 1e6) & (np.abs(high) < 1e6) & (low < high)
        lowest, highest = np.where(bounded, low, -1.0), np.where(bounded, high, 1.0)
        span, centre = highest - lowest, (highest + lowest) / 2
        scale, shift = (
            (2.0 / span).astype(np.float32).reshape(space.shape),
            centre.astype(np.float32).reshape(space.shape),
        )
        scaled_space = Box(
            shape=space.shape,
            dtype="float32",
            low=_collapsed(np.where(bounded, -1.0, low)),
            high=_collapsed(np.where(bounded, 1.0, high)),
        )
        return (observation.astype(jnp.float32) - shift) * scale, scaled_space


def dense(observation: jax.Array, space: Space) -> jax.Array:
    """Return observations as a float32 array, shape [B, …]: discrete ones become one-hot."""
    if isinstance(space, Discrete):
        return jax.nn.one_hot(observation, space.n, dtype=jnp.float32)
    return observation.astype(jnp.float32)


def _collapsed(limits: np.ndarray) -> float | tuple[float, ...]:
    """Return one number where all are the same, so that image spaces stay small."""
    if (limits == limits[0]).all():
        return float(limits[0])
    return tuple(float(limit) for limit in limits)
