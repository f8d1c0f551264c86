"""The protocol every head follows."""

from typing import NamedTuple, Protocol, runtime_checkable

import jax

from qlax.features import Features
from qlax.maths.bootstrap import Backup


class Loss(NamedTuple):
    """What learning from one sample yields."""

    loss: jax.Array
    """Per-sample loss, shape [B]; not weighted."""
    error: jax.Array
    """Temporal-difference error δ of the means, shape [B]; what priorities are made of."""


@runtime_checkable
class Head(Protocol):
    """Owns Z(s, a): its shape, its mean, its backup and its loss.

    Z has shape [B, A] for a scalar head and [B, A, …] for a distributional one.
    """

    def predict(self, features: Features, num_actions: int) -> jax.Array:
        """Return Z(s, ·) from features; called inside a Flax module, where layers may be made."""
        ...

    def q_values(self, prediction: jax.Array) -> jax.Array:
        """Return the mean action values of Z, shape [B, A]."""
        ...

    def backup(
        self, reward: jax.Array, discount: jax.Array, next_prediction: jax.Array, backup: Backup
    ) -> jax.Array:
        """Return the target  r + b + d · Σ_a π(a) [Z(s′, a) − e(a)]."""
        ...

    def loss(self, prediction: jax.Array, action: jax.Array, target: jax.Array) -> Loss:
        """Return the per-sample loss and error of Z(s, action) against the target."""
        ...
