"""The protocol every head follows."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax

from qlax.features import Features
from qlax.maths.bootstrap import Backup


class Loss(NamedTuple):
    """What learning from B samples yields; not weighted."""

    loss: jax.Array
    """Per-sample loss, shape [B]."""
    error: jax.Array
    """Temporal-difference error δ of the means, shape [B]; what priorities are made of."""
    value: jax.Array
    """Mean value of the taken action, shape [B]; what eligibility traces are made of."""


@runtime_checkable
class Head(Protocol):
    """Owns Z(s, a): its shape, its mean, its backup and its loss.

    A prediction Z(s, ·) is an array or a tree of arrays, each with the batch as its first axis.
    """

    def predict(self, features: Features, num_actions: int) -> Any:
        """Return Z(s, ·) from features; called inside a Flax module, where layers may be made."""
        ...

    def q_values(self, prediction: Any) -> jax.Array:
        """Return the action values of Z, shape [B, A]: its means, or its view of risk."""
        ...

    def backup(
        self, reward: jax.Array, discount: jax.Array, next_prediction: Any, backup: Backup
    ) -> Any:
        """Return the target  r + b + d · Σ_a π(a) [Z(s′, a) − e(a)]."""
        ...

    def loss(self, prediction: Any, action: jax.Array, target: Any) -> Loss:
        """Return the per-sample loss and error of Z(s, action) against the target."""
        ...


@runtime_checkable
class LearnsFromReturns(Protocol):
    """A head whose target can be made of a return, one number a sample: λ-returns need this."""

    def from_return(self, returns: jax.Array) -> Any:
        """Return the target that stands for the returns, shape [B]."""
        ...
