"""The protocol of reward stages, and their input."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax

from qlax.spaces import EnvSpec


class Paid(NamedTuple):
    """A step of N environments, as reward stages see it."""

    reward: jax.Array
    """The environment's, float32, shape [N]."""
    done: jax.Array
    """Which episodes it ended, terminated or truncated, bool, shape [N]."""
    valid: jax.Array
    """False where the environment only started its next episode, bool, shape [N]."""
    observation: Any
    """What was seen after it, as the environment shows it, each array [N, …]."""
    discount: jax.Array
    """The agent's γ, float32 scalar: data, which a sweep changes from trial to trial."""


@runtime_checkable
class Reward(Protocol):
    """Turns the environment's reward into the one that is learned from."""

    def init(self, key: jax.Array, spec: EnvSpec, num_envs: int) -> Any:
        """Return the stage's first state: a pytree of arrays, or an empty tuple."""
        ...

    def __call__(self, state: Any, paid: Paid) -> tuple[jax.Array, Any]:
        """Return the rewards to store, float32, shape [N], and the stage's next state."""
        ...


class Unlearned:
    """Base of stages without a state."""

    def init(self, key: jax.Array, spec: EnvSpec, num_envs: int) -> tuple[()]:  # noqa: ARG002
        """Return nothing."""
        return ()
