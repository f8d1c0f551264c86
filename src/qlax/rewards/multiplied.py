"""Rewards times a constant."""

import math
from dataclasses import dataclass

import jax

from qlax.errors import require
from qlax.rewards.core import Paid, Unlearned
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class Multiplied(Unlearned):
    """r ← c r. Networks learn returns of about 1 sooner than returns of hundreds."""

    factor: float = 0.01
    """c > 0."""

    def __post_init__(self) -> None:
        check_types(self)
        fine = self.factor > 0.0 and math.isfinite(self.factor)
        require(fine, "Multiplied.factor", self.factor, "greater than 0")

    def __call__(self, state: tuple[()], paid: Paid) -> tuple[jax.Array, tuple[()]]:
        """Return the scaled rewards."""
        return self.factor * paid.reward, state
