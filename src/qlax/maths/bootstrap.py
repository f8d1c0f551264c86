"""What a bootstrap contributes to a target: a policy π, what it costs, what it earns."""

from typing import NamedTuple

import jax
import jax.numpy as jnp


class Backup(NamedTuple):
    """What a bootstrap contributes to  r + b + d · Σ_a π(a) [Z(s′, a) − e(a)]."""

    policy: jax.Array
    """π(a | s′), shape [..., A]; sums to one."""
    cost: jax.Array | None = None
    """e(a), shape [..., A]: the entropy cost of soft bootstraps; None for no cost."""
    bonus: jax.Array | None = None
    """b, shape [...]: added to the reward by Munchausen; None for nothing."""
    ranking: jax.Array | None = None
    """The values π is greedy by, shape [..., A]: of equal ones π has only the first. None where
    equal actions are equally likely."""


def expected_value(q_next: jax.Array, backup: Backup) -> jax.Array:
    """Return  Σ_a π(a) [q(s′, a) − e(a)],  shape [...]."""
    values = q_next if backup.cost is None else q_next - backup.cost
    return (backup.policy * values).sum(-1)


def with_bonus(reward: jax.Array, backup: Backup) -> jax.Array:
    """Return  r + b."""
    return reward if backup.bonus is None else reward + backup.bonus


def scalar_backup(
    reward: jax.Array, discount: jax.Array, q_next: jax.Array, backup: Backup
) -> jax.Array:
    """Return  r + b + d · Σ_a π(a) [q(s′, a) − e(a)].

    Args:
        reward: r, the (n-step) reward, shape [...].
        discount: d = γᵏ (1 − terminated), shape [...].
        q_next: q(s′, ·), shape [..., A].
        backup: π, e and b.

    Returns:
        The target, shape [...].
    """
    return with_bonus(reward, backup) + discount * expected_value(q_next, backup)


def chosen(values: jax.Array, action: jax.Array) -> jax.Array:
    """Return the entries of the taken actions, [B, A, …] and [B] → [B, …].

    By a product with a one-hot vector, not a gather: its gradient is a product too, where a
    gather's is a scatter, which costs as much as a layer.
    """
    hot = jax.nn.one_hot(action, values.shape[1], dtype=values.dtype)
    return (values * hot.reshape((*hot.shape, *[1] * (values.ndim - 2)))).sum(1)


def mixture(policy: jax.Array, values: jax.Array) -> jax.Array:
    """Return  Σ_a π(a) Z(a),  [B, A] and [B, A, …] → [B, …]."""
    return jnp.einsum("ba,ba...->b...", policy, values)
