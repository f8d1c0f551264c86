"""Munchausen: a bonus for the log-probability of the action taken."""

from dataclasses import dataclass

import jax.numpy as jnp

from qlax.bootstraps.core import NextValues, OffPolicy
from qlax.errors import require
from qlax.maths.bootstrap import Backup, chosen
from qlax.maths.policies import log_softmax_policy, softmax_policy
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class Munchausen(OffPolicy):
    """target = r + b + d · Σ_a π(a|s′) [Z_target(s′, a) − τ log π(a|s′)].

    b = α · clip(τ log π(a|s), floor, 0),  π(·|s) = softmax(q_target(s, ·) / τ)

    The bonus b widens the gap between the action taken and the others; the rest is soft
    Q-learning. Over n steps, b is that of the first.

    Reference: Vieillard, Pietquin and Geist (2020), arXiv 2007.14430.
    """

    alpha: float = 0.9
    """α in [0, 1): how much of the log-policy is paid; 0 for soft Q-learning."""
    temperature: float = 0.03
    """τ > 0, in units of return."""
    floor: float = -1.0
    """Least value of τ log π in the bonus; 0 or less."""

    def __post_init__(self) -> None:
        check_types(self)
        require(0.0 <= self.alpha < 1.0, "Munchausen.alpha", self.alpha, "in [0, 1)")
        require(
            self.temperature > 0.0, "Munchausen.temperature", self.temperature, "greater than 0"
        )
        require(self.floor <= 0.0, "Munchausen.floor", self.floor, "0 or less")

    def __call__(self, values: NextValues) -> Backup:
        """Return the soft policy, its entropy cost and the bonus of the action taken."""
        tau = self.temperature
        log_now = log_softmax_policy(values.target_now, tau, values.legal_now)
        paid = jnp.clip(tau * chosen(log_now, values.action), self.floor, 0.0)
        inputs = values.target_next, tau, values.legal_next
        return Backup(
            policy=softmax_policy(*inputs),
            cost=tau * log_softmax_policy(*inputs),
            bonus=self.alpha * paid,
        )
