"""Optimism in the face of uncertainty: try what has been tried least."""

import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from qlax.errors import UsageError, require
from qlax.explorers.core import Clock, Situation
from qlax.maths.policies import greedy_action
from qlax.numbering import FINITE, number_of, sizes_of
from qlax.pytree import Pytree, static
from qlax.spaces import EnvSpec, Space
from qlax.validation import check_types


class Visits(Pytree):
    """How often each action was taken in each state."""

    space: Space = static()
    """What an observation is, from which states are numbered."""
    counts: jax.Array
    """float32, shape [S, A]."""


@dataclass(frozen=True, kw_only=True)
class UpperConfidence:
    """a = argmax_a [ q(s, a) + c · √( ln(1 + N(s)) / (1 + N(s, a)) ) ], N being visit counts.

    Counts need states that can be told apart: Discrete, MultiDiscrete and MultiBinary observations,
    Boxes of whole numbers, and Dict and Tuple of these.

    References: Auer, Cesa-Bianchi and Fischer (2002), Finite-time Analysis of the Multiarmed
    Bandit Problem; Kocsis and Szepesvári (2006).
    """

    scale: float = 1.0
    """c ≥ 0, in units of return."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.scale >= 0.0, "UpperConfidence.scale", self.scale, "0 or more")

    def init(self, num_envs: int, spec: EnvSpec) -> Visits:  # noqa: ARG002
        """Return counts of zero; all environments share them."""
        space, sizes = spec.observation, sizes_of(spec.observation)
        if sizes is None or math.prod(sizes) >= 2**31:
            raise UsageError(
                f"UpperConfidence counts visits of states, so it needs states that can be numbered "
                f"({FINITE}), but {spec.id} shows {space}."
            )
        return Visits(space, jnp.zeros((math.prod(sizes), spec.num_actions)))

    def act(
        self,
        state: Visits,
        key: jax.Array,  # noqa: ARG002
        situation: Situation,
    ) -> tuple[jax.Array, Visits]:
        """Return the most promising actions, and the counts that include them."""
        now = number_of(situation.observation, state.space)
        visits = state.counts[now]
        total = visits.sum(-1, keepdims=True)
        bonus = self.scale * jnp.sqrt(jnp.log1p(total) / (1.0 + visits))
        action = greedy_action(situation.q_values + bonus, situation.legal)
        # At an episode's end no action is taken.
        counts = state.counts.at[now, action].add(~situation.done)
        return action, state.replace(counts=counts)

    def metrics(self, clock: Clock) -> dict[str, jax.Array]:  # noqa: ARG002
        """Return nothing."""
        return {}
