"""Which policy the target follows in the next state: π, what it costs, what it earns."""

from typing import NamedTuple

import jax
import jax.numpy as jnp


class Backup(NamedTuple):
    """What a bootstrap contributes to  r + b + d · Σ_a π(a) [Z(s′, a) − e(a)]."""

    policy: jax.Array
    """π(a | s′), shape [..., A]; sums to one."""
    cost: jax.Array
    """e(a), shape [..., A]; the entropy cost, zero except for soft bootstraps."""
    bonus: jax.Array
    """b, shape [...]; added to the reward, zero except for Munchausen."""


def without_entropy(policy: jax.Array) -> Backup:
    """Return the backup that follows `policy` and neither costs nor earns anything more."""
    return Backup(policy, jnp.zeros_like(policy), jnp.zeros_like(policy[..., 0]))


def greedy_policy(q_values: jax.Array) -> jax.Array:
    """π(a) = 1 for a = argmax_a q(a), else 0; the first of equals. Shape [..., A] both."""
    return jax.nn.one_hot(jnp.argmax(q_values, -1), q_values.shape[-1], dtype=q_values.dtype)


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
    value = (backup.policy * (q_next - backup.cost)).sum(-1)
    return reward + backup.bonus + discount * value
