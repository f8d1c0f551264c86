"""Rewards within limits."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.rewards.core import Paid, Unlearned
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class Clipped(Unlearned):
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

    def __call__(self, state: tuple[()], paid: Paid) -> tuple[jax.Array, tuple[()]]:
        """Return the clipped rewards."""
        return jnp.clip(paid.reward, self.low, self.high), state
