"""Follow one member of an ensemble for a whole episode, so that its plan is tried to the end."""

from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from qlax.errors import UsageError
from qlax.explorers.core import Clock, Situation
from qlax.heads.core import HasMembers
from qlax.maths.policies import greedy_action
from qlax.spaces import EnvSpec


@dataclass(frozen=True, kw_only=True)
class FollowMember:
    """a = argmax_a q_k(s, a), with k ~ U{1, …, K} drawn anew when an episode begins.

    Every environment follows a member of its own. Where members agree it does what is best; where
    they do not, one plan is followed for as long as an episode lasts, however deep it leads.

    Reference: Osband et al. (2016), arXiv 1602.04621.
    """

    one_draw: ClassVar[bool] = True
    """All factors of an action follow the same member."""

    def check(self, agent: Any) -> None:
        """Raise `UsageError` if the head has no members."""
        if not isinstance(agent.head, HasMembers):
            raise UsageError(
                "FollowMember follows a member of an ensemble, which "
                f"{type(agent.head).__name__} is not: take heads.Ensemble as the head."
            )

    def init(self, num_envs: int, spec: EnvSpec) -> jax.Array:  # noqa: ARG002
        """Return the member that each environment follows, int32, shape [N]."""
        return jnp.zeros(num_envs, jnp.int32)

    def act(
        self, state: jax.Array, key: jax.Array, situation: Situation
    ) -> tuple[jax.Array, jax.Array]:
        """Return what the members think best, and who they are."""
        head = situation.head
        assert isinstance(head, HasMembers)
        values = head.member_values(situation.prediction)
        drawn = jax.random.randint(key, state.shape, 0, values.shape[1], jnp.int32)
        member = jnp.where(situation.first, drawn, state)
        own = jnp.take_along_axis(values, member[:, None, None], 1)[:, 0]
        return greedy_action(own, situation.legal), member

    def metrics(self, clock: Clock) -> dict[str, jax.Array]:  # noqa: ARG002
        """Return nothing."""
        return {}
