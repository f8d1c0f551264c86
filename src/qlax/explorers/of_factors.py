"""Explorers where an action has several factors: each factor is explored by itself.

To an explorer a factor is as another agent that sees the same: it draws random numbers of its own,
and has a state of its own. So the probability of an action is the product over its factors.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from qlax.explorers.core import Clock, Explorer, KnowsItsPolicy, Situation
from qlax.heads.core import HasMembers, Head, Loss
from qlax.maths.bootstrap import chosen
from qlax.maths.factors import apart, taken, together
from qlax.spaces import EnvSpec


def begun(explorer: Explorer, num_envs: int, spec: EnvSpec) -> Any:
    """Return the explorer's state before the first step; of factors, each array [F, …]."""
    if spec.factors is None:
        return explorer.init(num_envs, spec)
    assert spec.actions is not None
    factors = spec.actions.factors
    own = dataclasses.replace(spec, actions=None, num_actions=spec.actions.width)
    every = explorer.init(num_envs, own)
    return jax.tree.map(lambda array: jnp.stack([array] * factors), every)


def act(
    explorer: Explorer, state: Any, key: jax.Array, situation: Situation, factors: int | None
) -> tuple[jax.Array, Any]:
    """Return actions, int32 of shape [N] or [N, F], and the explorer's next state."""
    if factors is None:
        return explorer.act(state, key, situation)
    once = bool(getattr(explorer, "one_draw", False))
    keys = jnp.stack([key] * factors) if once else jax.random.split(key, factors)
    known = situation.q_values, situation.legal
    q_values, legal = (None if array is None else apart(array, factors) for array in known)

    def of_one(
        state: Any, key: jax.Array, q_values: Any, legal: Any, which: jax.Array
    ) -> tuple[jax.Array, Any]:
        head = _head_of(situation.head, factors, which)
        return explorer.act(
            state, key, situation.replace(q_values=q_values, legal=legal, head=head)
        )

    return jax.vmap(of_one, (0, 0, 1, 1, 0), (1, 0))(
        state, keys, q_values, legal, jnp.arange(factors)
    )


def probabilities(
    explorer: KnowsItsPolicy,
    q_values: jax.Array,
    legal: jax.Array | None,
    clock: Clock,
    factors: int | None,
) -> jax.Array:
    """Return the probability of each action, of factors for each of them, shape [B, A]."""
    if factors is None:
        return explorer.probabilities(q_values, legal, clock)

    def of_one(q_values: Any, legal: Any) -> jax.Array:
        return explorer.probabilities(q_values, legal, clock)

    split = [None if array is None else apart(array, factors) for array in (q_values, legal)]
    return together(jax.vmap(of_one, 1, 1)(*split))


def probability_of(policy: jax.Array, action: jax.Array) -> jax.Array:
    """Return how likely actions are, [B], given the probabilities of all, [B, A]."""
    return chosen(policy, action) if action.ndim == 1 else taken(policy, action).prod(-1)


def _head_of(head: Head, factors: int, which: jax.Array) -> Any:
    kind = _MembersOfFactor if isinstance(head, HasMembers) else _OfFactor
    return kind(head, factors, which)


@dataclass(frozen=True, eq=False)
class _OfFactor:
    """A head that tells only of one factor."""

    head: Any
    factors: int
    which: jax.Array

    def q_values(self, prediction: Any) -> jax.Array:
        """Return the values of the factor, shape [N, W]."""
        return apart(self.head.q_values(prediction), self.factors)[:, self.which]


class _MembersOfFactor(_OfFactor):
    """The same, of a head with members."""

    def member_values(self, prediction: Any) -> jax.Array:
        """Return every member's values of the factor, shape [N, K, W]."""
        values = self.head.member_values(prediction)
        split = values.reshape((*values.shape[:2], self.factors, -1))
        return split[:, :, self.which]  # type: ignore[no-any-return]

    def masked_loss(
        self, prediction: Any, action: jax.Array, target: Any, number: jax.Array
    ) -> Loss:
        """Not to be called: explorers do not learn."""
        raise NotImplementedError
