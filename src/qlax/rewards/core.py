"""The protocol every reward stage follows, and what it is told of a step."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax

from qlax.spaces import EnvSpec


class Paid(NamedTuple):
    """A step of N environments, as far as it bears on what the learner is paid."""

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
        """Return what the stage knows at first: a pytree of arrays, or an empty tuple."""
        ...

    def __call__(self, state: Any, paid: Paid) -> tuple[jax.Array, Any]:
        """Return the rewards to store, float32, shape [N], and what the stage knows now."""
        ...


class Unlearned:
    """Base of stages that learn nothing."""

    def init(self, key: jax.Array, spec: EnvSpec, num_envs: int) -> tuple[()]:  # noqa: ARG002
        """Return nothing."""
        return ()
