"""The protocol of bootstraps."""

from typing import NamedTuple, Protocol, runtime_checkable

import jax

from qlax.maths.bootstrap import Backup


class NextValues(NamedTuple):
    """The inputs of a bootstrap. Those it does not use are never computed."""

    online_next: jax.Array
    """Mean action values of the online network in s′, shape [B, A]."""
    target_next: jax.Array
    """Mean action values of the target network in s′, shape [B, A]."""
    target_now: jax.Array
    """Mean action values of the target network in s, shape [B, A]."""
    action: jax.Array
    """The action taken in s, shape [B], int32."""
    next_action: jax.Array
    """The action taken in s′, shape [B], int32; meaningful only if `uses_next_action`."""
    behaviour_next: jax.Array | None
    """The explorer's probabilities in s′, by the target network's values, shape [B, A]; None
    if the explorer has none."""
    legal_now: jax.Array | None
    """Which actions are legal in s, bool, shape [B, A]; None if all are."""
    legal_next: jax.Array | None
    """Which are legal in s′, likewise."""


@runtime_checkable
class Bootstrap(Protocol):
    """Chooses π, e and b of the target  r + b + d · Σ_a π(a) [Z(s′, a) − e(a)]."""

    @property
    def uses_next_action(self) -> bool:
        """Whether the action taken in s′ must be known: learning then lags one step behind."""
        ...

    def __call__(self, values: NextValues) -> Backup:
        """Return π(·|s′), its entropy cost and the reward bonus."""
        ...


class OffPolicy:
    """Base of bootstraps that need not know the action taken next."""

    @property
    def uses_next_action(self) -> bool:
        """No: π comes from values alone."""
        return False
