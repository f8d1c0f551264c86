"""What the learner is paid, as opposed to what the environment reports."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.validation import check_types


@runtime_checkable
class Reward(Protocol):
    """Turns the environment's reward into the one that is learned from."""

    def __call__(self, reward: jax.Array, done: jax.Array) -> jax.Array:
        """Return the rewards to store, shape [N].

        Args:
            reward: The environment's, float32, shape [N].
            done: Which episodes this step ended, terminated or truncated, bool, shape [N].
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Unchanged:
    """r ← r."""

    def __call__(self, reward: jax.Array, done: jax.Array) -> jax.Array:  # noqa: ARG002
        """Return the rewards as they are."""
        return reward


@dataclass(frozen=True, kw_only=True)
class Clipped:
    """r ← clip(r, low, high).

    Reference: Mnih et al. (2015) clip Atari's rewards to [−1, 1].
    """

    low: float = -1.0
    """Smallest reward."""
    high: float = 1.0
    """Largest reward."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.low < self.high, "Clipped.low", self.low, f"below high ({self.high})")

    def __call__(self, reward: jax.Array, done: jax.Array) -> jax.Array:  # noqa: ARG002
        """Return the clipped rewards."""
        return jnp.clip(reward, self.low, self.high)


@dataclass(frozen=True, kw_only=True)
class ReplaceLast:
    """r ← value at an episode's last step, however it ended; unchanged elsewhere."""

    value: float = -10.0
    """The reward of the last step."""

    def __post_init__(self) -> None:
        check_types(self)

    def __call__(self, reward: jax.Array, done: jax.Array) -> jax.Array:
        """Return the rewards with last ones replaced."""
        return jnp.where(done, self.value, reward)
