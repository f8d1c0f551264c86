"""No replay: learn from what just happened, once."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from qlax.errors import UsageError, require
from qlax.replay import stream
from qlax.replay.core import Batch, Step
from qlax.spaces import Space
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class Latest:
    """Each batch is the newest complete transition of every environment: the textbook's order.

    With n_step > 1 the newest complete window began n − 1 steps ago; at an episode's end the
    shorter windows of its last steps follow while the next episode begins.
    """

    n_step: int = 1
    """Rewards summed before bootstrapping: r = Σ_{i<n} γⁱ r_i; at least 1."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.n_step >= 1, "Latest.n_step", self.n_step, "at least 1")

    def check(self, num_envs: int, learning_starts: int) -> None:
        """Raise `UsageError` if learning would begin before the first window is complete."""
        if learning_starts < self.n_step * num_envs:
            raise UsageError(
                f"Agent.learning_starts is {learning_starts}, but the first {self.n_step}-step "
                f"transition is complete after {self.n_step * num_envs} steps."
            )

    def init(self, space: Space, observation: jax.Array) -> stream.Stream:  # noqa: ARG002
        """Return an empty replay of n + 1 rows."""
        return stream.init(self.n_step + 1, observation)

    def add(self, state: stream.Stream, step: Step) -> stream.Stream:
        """Return the replay with one more step of every environment."""
        return stream.add(state, step)

    def sample(self, state: stream.Stream, key: jax.Array, discount: jax.Array) -> Batch:  # noqa: ARG002
        """Return the newest complete transition of each environment, in order."""
        start = jnp.full(state.num_envs, state.count - self.n_step)
        return stream.windows(state, start, jnp.arange(state.num_envs), self.n_step, discount)

    def update_priorities(
        self,
        state: stream.Stream,
        source: jax.Array,  # noqa: ARG002
        error: jax.Array,  # noqa: ARG002
    ) -> stream.Stream:
        """Do nothing: nothing is drawn twice."""
        return state

    def interrupt(self, state: stream.Stream) -> stream.Stream:
        """Return the replay with the newest step truncated."""
        return stream.interrupt(state)
