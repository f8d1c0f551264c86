"""Actions of several factors, whose values are means:  Q(s, a) = (1 / F) Σ_i Q_i(s, a_i).

The values of all factors lie side by side, A = F · W. To everything that knows actions as single
numbers, each factor is an agent's own choice among W.
"""

from typing import Annotated

import jax
import jax.numpy as jnp

from qlax.maths.policies import Legal, greedy_action, only_legal
from qlax.maths.shapes import PerAction, PerSample, checked

_Actions = Annotated[jax.Array, "B F"]


def apart(values: jax.Array, factors: int) -> jax.Array:
    """Return values of all factors by factor, [B, F · W, …] → [B, F, W, …]."""
    return values.reshape((values.shape[0], factors, -1, *values.shape[2:]))


def together(values: jax.Array) -> jax.Array:
    """Return values by factor side by side, [B, F, W] → [B, F · W]."""
    return values.reshape((values.shape[0], -1))


@checked
def shares(action: _Actions, like: Annotated[jax.Array, "B A"]) -> Annotated[jax.Array, "B A"]:
    """Return 1 / F for the value taken of each factor, else 0: what an action is the mean of."""
    factors = action.shape[-1]
    hot = jax.nn.one_hot(action, like.shape[-1] // factors, dtype=like.dtype)
    return together(hot) / factors


@checked
def taken(values: Annotated[jax.Array, "B A"], action: _Actions) -> _Actions:
    """Return the values of what was taken of each factor."""
    split = apart(values, action.shape[-1])
    hot = jax.nn.one_hot(action, split.shape[-1], dtype=values.dtype)
    return jnp.where(hot > 0, split, 0.0).sum(-1)


def greedy_of(values: PerAction, legal: Legal, factors: int | None) -> PerSample | _Actions:
    """Return the best action among the legal ones, int32: [B], or [B, F] of several factors."""
    if factors is None:
        return greedy_action(values, legal)
    return greedy_action(apart(values, factors), None if legal is None else apart(legal, factors))


def best_value(values: PerAction, legal: Legal, factors: int | None) -> PerSample:
    """Return max_a Q(s, a) over the legal actions, [B]."""
    if factors is None:
        return only_legal(values, legal).max(-1)
    split = apart(values, factors), None if legal is None else apart(legal, factors)
    return only_legal(*split).max(-1).mean(-1)


def is_greedy(values: PerAction, action: jax.Array, legal: Legal) -> PerSample:
    """Return whether actions of several factors are best in each of them, bool, [B]."""
    factors = action.shape[-1]
    split = apart(values, factors), None if legal is None else apart(legal, factors)
    return (taken(values, action) >= only_legal(*split).max(-1)).all(-1)
