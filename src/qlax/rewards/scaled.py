"""Rewards divided by the standard deviation of returns."""

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.observations import Moments, variance_of
from qlax.pytree import Pytree
from qlax.rewards.core import Paid, Reward
from qlax.rewards.moments import moments_with_valid, no_moments
from qlax.rewards.unchanged import Unchanged
from qlax.spaces import EnvSpec
from qlax.validation import check_types


class ScalingState(Pytree):
    """Running returns and their statistics."""

    returns: jax.Array
    """u, of each environment, float32, shape [N]."""
    moments: Moments
    """Of every u so far, of all environments together."""
    reward: Any
    """What the stage before knows."""


@dataclass(frozen=True, kw_only=True)
class ScaledByReturns:
    """r ← r / √(Var u + ε),  with u ← γ u + r within each episode, from 0.

    Each environment has a u; the variance is of all of them, so far. It takes no mean away: the
    sign of a reward stays. Where all returns are the same there is no scale, and ε alone sets it.

    Departure: u begins anew after truncation too, not only after termination.

    Reference: Engstrom et al. (2020), arXiv 2005.12729; Elsayed, Vasan and Mahmood (2024),
    arXiv 2410.14606.
    """

    discount: float | None = None
    """γ in [0, 1] of these returns; None for the agent's."""
    epsilon: float = 1e-8
    """ε > 0."""
    reward: Reward = field(default_factory=Unchanged)
    """The stage before, whose rewards are scaled."""

    def __post_init__(self) -> None:
        check_types(self)
        is_discount = self.discount is None or 0.0 <= self.discount <= 1.0
        require(is_discount, "ScaledByReturns.discount", self.discount, "in [0, 1], or None")
        require(self.epsilon > 0.0, "ScaledByReturns.epsilon", self.epsilon, "greater than 0")

    def init(self, key: jax.Array, spec: EnvSpec, num_envs: int) -> ScalingState:
        """Return no returns."""
        return ScalingState(
            jnp.zeros(num_envs), no_moments(), self.reward.init(key, spec, num_envs)
        )

    def __call__(self, state: ScalingState, paid: Paid) -> tuple[jax.Array, ScalingState]:
        """Return the scaled rewards."""
        reward, inner = self.reward(state.reward, paid)
        discount = paid.discount if self.discount is None else self.discount
        # The step that only starts an episode is where its u is set back to 0.
        returns = jnp.where(paid.valid, discount * state.returns + reward, 0.0)
        moments = moments_with_valid(state.moments, returns, paid.valid)
        scaled = reward / jnp.sqrt(variance_of(moments) + self.epsilon)
        return scaled, ScalingState(returns, moments, inner)
