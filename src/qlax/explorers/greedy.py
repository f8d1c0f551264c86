"""No exploration of its own: optimism or noise in the network can provide it."""

from dataclasses import dataclass

import jax

from qlax.explorers.core import Clock, Situation, Stateless
from qlax.maths.policies import greedy_action, greedy_policy


@dataclass(frozen=True, kw_only=True)
class Greedy(Stateless):
    """a = argmax_a q(s, a); the first of equals. With `layers.Noisy` this is NoisyNet's explorer.

    Reference: Fortunato et al. (2018), arXiv 1706.10295.
    """

    def act(
        self,
        state: tuple[()],
        key: jax.Array,  # noqa: ARG002
        situation: Situation,
    ) -> tuple[jax.Array, tuple[()]]:
        """Return the best actions."""
        return greedy_action(situation.q_values, situation.legal), state

    def probabilities(
        self,
        q_values: jax.Array,
        legal: jax.Array | None,
        clock: Clock,  # noqa: ARG002
    ) -> jax.Array:
        """Return 1 for the best action."""
        return greedy_policy(q_values, legal)

    def why_not(self) -> str | None:
        """Return None: the probabilities are always known."""
        return None

    def metrics(self, clock: Clock) -> dict[str, jax.Array]:  # noqa: ARG002
        """Return nothing."""
        return {}
