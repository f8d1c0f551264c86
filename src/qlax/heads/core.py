"""The protocol every head follows."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax

from qlax.features import Features
from qlax.maths.bootstrap import Backup


class Loss(NamedTuple):
    """The result of learning from B samples, before importance weights."""

    loss: jax.Array
    """Per-sample loss, shape [B]."""
    error: jax.Array
    """Temporal-difference error δ of the means, shape [B]; used for priorities."""
    value: jax.Array
    """Mean value of the taken action, shape [B]; used for eligibility traces."""


@runtime_checkable
class Head(Protocol):
    """Owns Z(s, a): its shape, its mean, its backup and its loss.

    A prediction Z(s, ·) is an array or a tree of arrays, each with the batch as its first axis.
    """

    def predict(self, features: Features, num_actions: int) -> Any:
        """Return Z(s, ·) from features; called inside a Flax module, so it may create layers."""
        ...

    def q_values(self, prediction: Any) -> jax.Array:
        """Return the action values of Z, shape [B, A]: its means, or a risk measure."""
        ...

    def backup(
        self, reward: jax.Array, discount: jax.Array, next_prediction: Any, backup: Backup
    ) -> Any:
        """Return the target  r + b + d · Σ_a π(a) [Z(s′, a) − e(a)]."""
        ...

    def loss(self, prediction: Any, action: jax.Array, target: Any) -> Loss:
        """Return the per-sample loss and error of Z(s, action) against the target."""
        ...


class Distribution(NamedTuple):
    """The distribution of the return of every action, as values and their probabilities."""

    values: jax.Array
    """Returns: [K] where all actions and states share them, as atoms are, else [B, A, K]."""
    probabilities: jax.Array
    """Of each of them, shape [B, A, K]; they sum to 1."""


@runtime_checkable
class HasDistribution(Protocol):
    """A head that predicts more of the return than its mean."""

    def distribution(self, prediction: Any) -> Distribution:
        """Return the distribution of Z, on the scale of returns."""
        ...


@runtime_checkable
class LearnsFromReturns(Protocol):
    """A head that can learn from returns, one number per sample: λ-returns need this."""

    def from_return(self, returns: jax.Array) -> Any:
        """Return the target for given returns, shape [B]."""
        ...


@runtime_checkable
class HasMembers(Protocol):
    """A head of K members, each of which learns from a target of its own."""

    def member_values(self, prediction: Any) -> jax.Array:
        """Return every member's action values, shape [B, K, A]."""
        ...

    def masked_loss(
        self, prediction: Any, action: jax.Array, target: Any, number: jax.Array
    ) -> Loss:
        """Return the loss, as `Head.loss` does, of transitions with these numbers, uint32, [B]."""
        ...


@runtime_checkable
class HasPrior(Protocol):
    """A head that may add a fixed random function of the observation to what it predicts."""

    @property
    def prior_scale(self) -> float:
        """How large that function is; 0 for none."""
        ...

    def predict_with_prior(self, features: Features, fixed: Features, num_actions: int) -> Any:
        """Return Z(s, ·) from features, and from those of a network that is never trained."""
        ...


@runtime_checkable
class JoinsFactors(Protocol):
    """A head that can be used where an action has several factors, with values of their own."""

    def joint(self, prediction: Any, weights: jax.Array) -> Any:
        """Return the prediction of one action that is the weighted mean of others.

        Args:
            prediction: Z(s, ·), of A values of factors.
            weights: Of each of them, shape [B, A]; they sum to 1.

        Returns:
            Z(s, ·) of a single action, [B, 1, …]: what is predicted of each is averaged, be it
            values, quantiles of the same level, or logits. Of a mixture of probabilities the loss
            would be least where its mean is wrong.
        """
        ...


def loss_of(head: Head, prediction: Any, action: jax.Array, target: Any, number: jax.Array) -> Loss:
    """Return a head's loss of transitions; members of one may leave some of them out.

    Args:
        head: The head.
        prediction: Z(s, ·).
        action: The action taken, int32, shape [B].
        target: What Z(s, action) is to become.
        number: Which transition it is, uint32, shape [B].
    """
    if isinstance(head, HasMembers):
        return head.masked_loss(prediction, action, target, number)
    return head.loss(prediction, action, target)
