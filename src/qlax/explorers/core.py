"""The protocol every explorer follows."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax


class Clock(NamedTuple):
    """What an explorer's schedules may run on."""

    env_steps: jax.Array
    """Environment steps taken so far by all environments together, int32 scalar."""
    episodes: jax.Array
    """Episodes finished so far in each environment, int32, shape [N]."""


@runtime_checkable
class Explorer(Protocol):
    """Chooses actions for N environments from their action values."""

    def init(self, num_envs: int) -> Any:
        """Return the explorer's own state: a pytree of arrays, or an empty tuple."""
        ...

    def act(
        self, state: Any, key: jax.Array, q_values: jax.Array, first: jax.Array, clock: Clock
    ) -> tuple[jax.Array, Any]:
        """Return an action for each environment, int32 of shape [N], and the next state.

        Args:
            state: What `init` or the last `act` returned.
            key: A random key of this step's own.
            q_values: Mean action values, shape [N, A].
            first: Which environments are at the first step of an episode, bool, shape [N].
            clock: How far training is.
        """
        ...

    def metrics(self, clock: Clock) -> dict[str, jax.Array]:
        """Return what is worth plotting, by name: scalars."""
        ...
