"""The environment's own reward."""

from dataclasses import dataclass

import jax

from qlax.rewards.core import Paid, Unlearned


@dataclass(frozen=True, kw_only=True)
class Unchanged(Unlearned):
    """r ← r."""

    def __call__(self, state: tuple[()], paid: Paid) -> tuple[jax.Array, tuple[()]]:
        """Return the rewards as they are."""
        return paid.reward, state
