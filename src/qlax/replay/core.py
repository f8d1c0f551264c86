"""The protocol every replay follows."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax

from qlax.spaces import Space


class Step(NamedTuple):
    """One step of N environments, as it is stored."""

    action: jax.Array
    """The action taken, int32, shape [N]."""
    reward: jax.Array
    """What the learner was paid for it, float32, shape [N]."""
    terminated: jax.Array
    """The episode reached a terminal state, bool, shape [N]."""
    truncated: jax.Array
    """The episode was cut, bool, shape [N]."""
    valid: jax.Array
    """False where the environment only started its next episode and ignored the action."""
    next_observation: jax.Array
    """What was seen after it, shape [N, …]."""


class Batch(NamedTuple):
    """Transitions to learn from; n-step sums are done, so no loss sees γ or n."""

    observation: jax.Array
    """s, shape [B, …]."""
    action: jax.Array
    """a, int32, shape [B]."""
    reward: jax.Array
    """r, float32, shape [B]."""
    discount: jax.Array
    """d = γᵏ (1 − terminated), float32, shape [B]."""
    next_observation: jax.Array
    """s′, k steps later, shape [B, …]."""
    weight: jax.Array
    """Importance weight, float32, shape [B]; 0 for a sample that must not count."""
    source: jax.Array
    """The row and environment it came from, int32, shape [B, 2]: for priorities."""


@runtime_checkable
class Replay(Protocol):
    """Stores the step stream and draws batches from it."""

    @property
    def n_step(self) -> int:
        """Length of the windows that rewards are summed over."""
        ...

    def check(self, num_envs: int, learning_starts: int) -> None:
        """Raise `UsageError` if sampling could not work with these."""
        ...

    def init(self, space: Space, observation: jax.Array) -> Any:
        """Return an empty replay that knows the first observations, shape [N, …]."""
        ...

    def add(self, state: Any, step: Step) -> Any:
        """Return the replay with one more step."""
        ...

    def sample(self, state: Any, key: jax.Array, discount: jax.Array) -> Batch:
        """Draw a batch; the replay holds at least `n_step` steps."""
        ...

    def update_priorities(self, state: Any, source: jax.Array, error: jax.Array) -> Any:
        """Return the replay after learning changed the errors of the samples from `source`."""
        ...

    def interrupt(self, state: Any) -> Any:
        """Return the replay with the newest step truncated: what follows is another episode."""
        ...
