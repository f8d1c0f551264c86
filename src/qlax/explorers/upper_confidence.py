"""Optimism in the face of uncertainty: try what has been tried least."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from qlax.errors import UsageError, require
from qlax.explorers.core import Clock, Situation
from qlax.maths.policies import greedy_action
from qlax.spaces import Discrete, EnvSpec
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class UpperConfidence:
    """a = argmax_a [ q(s, a) + c · √( ln(1 + N(s)) / (1 + N(s, a)) ) ], N being visit counts.

    Counts need states that can be told apart: the observation space must be Discrete.

    References: Auer, Cesa-Bianchi and Fischer (2002), Finite-time Analysis of the Multiarmed
    Bandit Problem; Kocsis and Szepesvári (2006).
    """

    scale: float = 1.0
    """c ≥ 0, in units of return."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.scale >= 0.0, "UpperConfidence.scale", self.scale, "0 or more")

    def init(self, num_envs: int, spec: EnvSpec) -> jax.Array:  # noqa: ARG002
        """Return counts of zero, float32, shape [S, A]; all environments share them."""
        if not isinstance(spec.observation, Discrete):
            raise UsageError(
                f"UpperConfidence counts visits of states, but {spec.id} shows "
                f"{spec.observation}: it needs a Discrete observation."
            )
        return jnp.zeros((spec.observation.n, spec.num_actions))

    def act(
        self,
        state: jax.Array,
        key: jax.Array,  # noqa: ARG002
        situation: Situation,
    ) -> tuple[jax.Array, jax.Array]:
        """Return the most promising actions, and the counts with them."""
        visits = state[situation.observation]
        total = visits.sum(-1, keepdims=True)
        bonus = self.scale * jnp.sqrt(jnp.log1p(total) / (1.0 + visits))
        action = greedy_action(situation.q_values + bonus, situation.legal)
        # At an episode's end no action is taken.
        return action, state.at[situation.observation, action].add(~situation.done)

    def metrics(self, clock: Clock) -> dict[str, jax.Array]:  # noqa: ARG002
        """Return nothing."""
        return {}
