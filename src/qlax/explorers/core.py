"""The protocol every explorer follows."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from qlax.errors import UsageError
from qlax.heads.core import Head
from qlax.maths.counting import Count, clipped_sum
from qlax.pytree import Pytree, static
from qlax.spaces import EnvSpec


class Clock(NamedTuple):
    """How far training is: what schedules are evaluated at."""

    taken: Count
    """Environment steps taken so far by all environments together."""
    episodes: jax.Array
    """Episodes finished so far in each environment, at most 2³¹ − 1, int32, shape [N]."""

    @property
    def env_steps(self) -> jax.Array:
        """Environment steps taken so far, at most 2³¹ − 1, int32 scalar: what schedules run on."""
        return self.taken.clipped

    @classmethod
    def start(cls, num_envs: int) -> "Clock":
        """Return the clock before the first step."""
        return cls(Count.of(0), jnp.zeros(num_envs, jnp.int32))

    def after(self, done: jax.Array) -> "Clock":
        """Return the clock one step of every environment later, of which some ended an episode."""
        return Clock(self.taken.after(done.shape[0]), clipped_sum(self.episodes, done))


class Situation(Pytree):
    """What an explorer may base its choice on, in N environments."""

    q_values: jax.Array
    """Mean action values, shape [N, A]."""
    prediction: Any
    """All that the head predicts: quantiles, probabilities, members; each array of shape [N, …]."""
    head: Head = static()
    """The head, which can read it."""
    legal: jax.Array | None
    """Which actions may be taken, bool, shape [N, A]; None if all may."""
    observation: Any
    """The environments' observations, unprocessed, each array [N, …]."""
    first: jax.Array
    """Which environments are at the first step of an episode, bool, shape [N]."""
    done: jax.Array
    """Which environments show the end of an episode, bool, shape [N]: they ignore the action and
    start the next one."""
    clock: Clock
    """The progress of training, for schedules."""


@runtime_checkable
class Explorer(Protocol):
    """Chooses actions for N environments from their action values."""

    def init(self, num_envs: int, spec: EnvSpec) -> Any:
        """Return the explorer's own state: a pytree of arrays, or an empty tuple."""
        ...

    def act(self, state: Any, key: jax.Array, situation: Situation) -> tuple[jax.Array, Any]:
        """Return a legal action for each environment, int32 of shape [N], and the next state.

        Args:
            state: What `init` or the last `act` returned.
            key: A random key for this step alone.
            situation: Values, observations and progress.
        """
        ...

    def metrics(self, clock: Clock) -> dict[str, jax.Array]:
        """Return scalars to log, by name."""
        ...


@runtime_checkable
class KnowsItsPolicy(Protocol):
    """An explorer whose action probabilities are known: on-policy targets can use them."""

    def probabilities(
        self, q_values: jax.Array, legal: jax.Array | None, clock: Clock
    ) -> jax.Array:
        """Return the probability of each action, given action values; both of shape [B, A]."""
        ...

    def why_not(self) -> str | None:
        """Return why the probabilities are unknown as configured; None if they are known."""
        ...


class Stateless:
    """Base class of explorers without a state."""

    def init(self, num_envs: int, spec: EnvSpec) -> tuple[()]:  # noqa: ARG002
        """Return the empty state."""
        return ()


def require_probabilities(explorer: Any, owner: str) -> None:
    """Raise `UsageError` if an explorer's action probabilities are not known."""
    name = type(explorer).__name__
    if not isinstance(explorer, KnowsItsPolicy):
        raise UsageError(f"{owner} needs action probabilities, which {name} cannot give.")
    reason = explorer.why_not()
    if reason is not None:
        raise UsageError(f"{owner} needs action probabilities, which {name} cannot give: {reason}.")
