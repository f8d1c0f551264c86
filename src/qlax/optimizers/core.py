"""The protocol of optimisers, and the signal they are given beside the gradient."""

from typing import NamedTuple, Protocol, runtime_checkable

import jax
import optax

from qlax.heads.core import Loss
from qlax.schedules import Schedule


class Signal(NamedTuple):
    """What an optimiser is given beside the gradient, for a batch of B samples."""

    error: jax.Array
    """δ, shape [B]."""
    discount: jax.Array
    """γ, scalar."""
    counts: jax.Array
    """Which samples are steps to learn from, bool, shape [B]: the reset after an episode's end is
    not."""
    greedy: jax.Array
    """Whether the action taken was the best by the values before this update, bool, shape [B]."""


@runtime_checkable
class Optimizer(Protocol):
    """Anything with a learning rate and an optax transformation."""

    @property
    def learning_rate(self) -> float | Schedule:
        """Step size, by gradient updates."""
        ...

    def objective(self, loss: Loss) -> jax.Array:
        """Return the objective whose gradient is taken, for each sample, shape [B]."""
        ...

    def transformation(self) -> optax.GradientTransformationExtraArgs:
        """Return a transformation of gradients; parameters move by −rate · its output.

        Its `update` is given a `Signal` as the keyword argument `signal`.
        """
        ...


class MinimisesLoss:
    """Base of optimisers that go down the gradient of the loss."""

    def objective(self, loss: Loss) -> jax.Array:
        """Return the loss."""
        return loss.loss
