"""A head for actions of several factors: the value of an action is the mean over its factors."""

from typing import Any

import jax
import jax.numpy as jnp

from qlax.errors import UsageError
from qlax.features import Features
from qlax.heads.core import HasMembers, Head, JoinsFactors, Loss, loss_of
from qlax.maths.bootstrap import Backup
from qlax.maths.factors import shares


class Joint:
    """Z(s, a) = (1 / F) Σ_i Z_i(s, a_i), of an action of F factors, by a head of their values.

    Where the policy of a target draws factors independently, its mean value is that of the sum of
    means; Z's of a distribution are joined as `JoinsFactors.joint` says.
    """

    def __init__(self, head: Head) -> None:
        self.head = head
        """What predicts the values of all factors."""

    def predict(self, features: Features, num_actions: int) -> Any:
        """Return the head's prediction of all factors."""
        return self.head.predict(features, num_actions)

    def q_values(self, prediction: Any) -> jax.Array:
        """Return the values of all factors, shape [B, A]."""
        return self.head.q_values(prediction)

    def backup(
        self, reward: jax.Array, discount: jax.Array, next_prediction: Any, backup: Backup
    ) -> Any:
        """Return the head's target; π gives 1 / F to each factor, and so do e and b."""
        cost = backup.cost
        if cost is not None:
            cost = (backup.policy * cost).sum(-1, keepdims=True)
        joined = Backup(jnp.ones_like(backup.policy[..., :1]), cost, backup.bonus)
        ahead = self._joined(next_prediction, backup.policy)
        return self.head.backup(reward, discount, ahead, joined)

    def from_return(self, returns: jax.Array) -> Any:
        """Return the head's target for given returns."""
        return self.head.from_return(returns)  # type: ignore[attr-defined]

    def values_of(self, prediction: Any, action: jax.Array) -> jax.Array:
        """Return Q(s, a) of actions, int32, [B, F], shape [B]."""
        return self.head.q_values(self._of(prediction, action))[:, 0]

    def mean_value(self, prediction: Any, policy: jax.Array) -> jax.Array:
        """Return the value under a policy that gives 1 / F to each factor, [B]."""
        return self.head.q_values(self._joined(prediction, policy))[:, 0]

    def loss(self, prediction: Any, action: jax.Array, target: Any) -> Loss:
        """Return the head's loss of Z(s, a), actions int32, [B, F]."""
        return self.head.loss(self._of(prediction, action), _only(action), target)

    def _of(self, prediction: Any, action: jax.Array) -> Any:
        values = jax.eval_shape(self.head.q_values, prediction)
        return self._joined(prediction, shares(action, jnp.zeros(values.shape, values.dtype)))

    def _joined(self, prediction: Any, weights: jax.Array) -> Any:
        assert isinstance(self.head, JoinsFactors), "the agent's check requires it"
        return self.head.joint(prediction, weights)


class JointMembers(Joint):
    """The same of a head of several members, each of which has its own target."""

    def member_values(self, prediction: Any) -> jax.Array:
        """Return every member's values of all factors, shape [B, K, A]."""
        assert isinstance(self.head, HasMembers)
        return self.head.member_values(prediction)

    def masked_loss(
        self, prediction: Any, action: jax.Array, target: Any, number: jax.Array
    ) -> Loss:
        """Return the head's loss, of which members may leave out some transitions."""
        return loss_of(self.head, self._of(prediction, action), _only(action), target, number)


def joined(head: Head, factors: int | None) -> Head:
    """Return what an agent learns with: the head itself where an action is one number.

    Raises:
        UsageError: if the head cannot join the values of several factors.
    """
    if factors is None:
        return head
    if not isinstance(head, JoinsFactors):
        raise UsageError(
            f"An action has {factors} factors, whose values a head must join, but "
            f"{type(head).__name__} has no method `joint`: take another head, such as Scalar, or "
            "actions.Factors(joint_up_to=65_536), if there are no more combinations."
        )
    return JointMembers(head) if isinstance(head, HasMembers) else Joint(head)


def _only(action: jax.Array) -> jax.Array:
    """Return the number of the only action there is once factors are joined, [B]."""
    return jnp.zeros(action.shape[0], jnp.int32)
