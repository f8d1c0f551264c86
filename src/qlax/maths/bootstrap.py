"""The bootstrap's part of a target: a policy π, its entropy cost and a reward bonus."""

from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp

from qlax.maths.shapes import PerAction, PerSample, checked


class Backup(NamedTuple):
    """What a bootstrap contributes to  r + b + d · Σ_a π(a) [Z(s′, a) − e(a)]."""

    policy: PerAction
    """π(a | s′), shape [..., A]; sums to one."""
    cost: PerAction | None = None
    """e(a), shape [..., A]: the entropy cost of soft bootstraps; None for no cost."""
    bonus: PerSample | None = None
    """b, shape [...]: Munchausen's bonus, added to the reward; None for no bonus."""
    ranking: PerAction | None = None
    """The values π is greedy by, shape [..., A]: of equal ones π has only the first. None where
    equal actions are equally likely."""


@checked
def expected_value(q_next: PerAction, backup: Backup) -> PerSample:
    """Return  Σ_a π(a) [q(s′, a) − e(a)],  shape [...]."""
    values = q_next if backup.cost is None else q_next - backup.cost
    return (backup.policy * values).sum(-1)


@checked
def with_bonus(reward: PerSample, backup: Backup) -> PerSample:
    """Return  r + b."""
    return reward if backup.bonus is None else reward + backup.bonus


@checked
def scalar_backup(
    reward: PerSample, discount: PerSample, q_next: PerAction, backup: Backup
) -> PerSample:
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


@checked
def chosen(
    values: Annotated[jax.Array, "B A ..."], action: Annotated[jax.Array, "B"]
) -> Annotated[jax.Array, "B ..."]:
    """Return the entries of the actions taken, [B, A, …] and [B] → [B, …].

    Computed as a product with a one-hot vector, not as a gather: the gradient of the product is
    another product, that of a gather is a scatter, which takes as long as a layer.
    """
    hot = jax.nn.one_hot(action, values.shape[1], dtype=values.dtype)
    return (values * hot.reshape((*hot.shape, *[1] * (values.ndim - 2)))).sum(1)


@checked
def mixture(
    policy: Annotated[jax.Array, "B A"], values: Annotated[jax.Array, "B A ..."]
) -> Annotated[jax.Array, "B ..."]:
    """Return  Σ_a π(a) Z(a),  [B, A] and [B, A, …] → [B, …]."""
    return jnp.einsum("ba,ba...->b...", policy, values)
