"""The protocol every bootstrap follows."""

from typing import NamedTuple, Protocol, runtime_checkable

import jax

from qlax.maths.bootstrap import Backup


class NextValues(NamedTuple):
    """Everything a bootstrap may look at. What it does not use is never computed."""

    online_next: jax.Array
    """Mean action values of the online network in s′, shape [B, A]."""
    target_next: jax.Array
    """Mean action values of the target network in s′, shape [B, A]."""
    target_now: jax.Array
    """Mean action values of the target network in s, shape [B, A]."""
    action: jax.Array
    """The action taken in s, shape [B], int32."""


@runtime_checkable
class Bootstrap(Protocol):
    """Chooses π, e and b of the target  r + b + d · Σ_a π(a) [Z(s′, a) − e(a)]."""

    def __call__(self, values: NextValues) -> Backup:
        """Return π(·|s′), its entropy cost and the reward bonus."""
        ...
