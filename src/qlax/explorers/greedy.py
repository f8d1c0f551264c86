"""No exploration: optimism, noise in the network, or nothing at all must do it."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from qlax.explorers.core import Clock


@dataclass(frozen=True, kw_only=True)
class Greedy:
    """a = argmax_a q(s, a); the first of equals."""

    def init(self, num_envs: int) -> tuple[()]:  # noqa: ARG002
        """Return nothing: there is no state."""
        return ()

    def act(
        self,
        state: tuple[()],
        key: jax.Array,  # noqa: ARG002
        q_values: jax.Array,
        first: jax.Array,  # noqa: ARG002
        clock: Clock,  # noqa: ARG002
    ) -> tuple[jax.Array, tuple[()]]:
        """Return the best actions."""
        return jnp.argmax(q_values, -1).astype(jnp.int32), state

    def metrics(self, clock: Clock) -> dict[str, jax.Array]:  # noqa: ARG002
        """Return nothing."""
        return {}
