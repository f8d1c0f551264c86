"""A fixed reward for an episode's last step."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from qlax.rewards.core import Paid, Unlearned
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class ReplaceLast(Unlearned):
    """r ← value at an episode's last step, however it ended; unchanged elsewhere."""

    value: float = -10.0
    """The reward of the last step."""

    def __post_init__(self) -> None:
        check_types(self)

    def __call__(self, state: tuple[()], paid: Paid) -> tuple[jax.Array, tuple[()]]:
        """Return the rewards with last ones replaced."""
        return jnp.where(paid.done, self.value, paid.reward), state
