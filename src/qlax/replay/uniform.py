"""Experience replay: every remembered transition is equally likely."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from qlax.errors import UsageError, require
from qlax.replay import stream
from qlax.replay.core import Batch, Step
from qlax.spaces import Space
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class Uniform:
    """Draws `batch_size` transitions uniformly, with replacement, from the newest `capacity`.

    References: Lin (1992), Self-Improving Reactive Agents; Mnih et al. (2015).
    """

    capacity: int = 50_000
    """Steps remembered, of all environments together."""
    batch_size: int = 32
    """Transitions a batch; at most `capacity`."""
    n_step: int = 1
    """Rewards summed before bootstrapping: r = Σ_{i<n} γⁱ r_i; at least 1."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.capacity >= 1, "Uniform.capacity", self.capacity, "at least 1")
        require(
            1 <= self.batch_size <= self.capacity,
            "Uniform.batch_size",
            self.batch_size,
            f"from 1 to the capacity ({self.capacity})",
        )
        require(
            1 <= self.n_step <= self.capacity,
            "Uniform.n_step",
            self.n_step,
            f"from 1 to the capacity ({self.capacity})",
        )

    def check(self, num_envs: int, learning_starts: int) -> None:
        """Raise `UsageError` if a window would not fit, or learning would begin without one."""
        if self.n_step * num_envs > self.capacity:
            raise UsageError(
                f"Uniform.capacity is {self.capacity}, but {num_envs} environments and "
                f"n_step={self.n_step} need at least {self.n_step * num_envs}."
            )
        if learning_starts < self.n_step * num_envs:
            raise UsageError(
                f"Agent.learning_starts is {learning_starts}, but the first {self.n_step}-step "
                f"transition of {num_envs} environments is complete after "
                f"{self.n_step * num_envs} steps: start learning then or later."
            )

    def init(self, space: Space, observation: jax.Array) -> stream.Stream:  # noqa: ARG002
        """Return an empty replay."""
        num_envs = observation.shape[0]
        return stream.init(-(-self.capacity // num_envs) + self.n_step, observation)

    def add(self, state: stream.Stream, step: Step) -> stream.Stream:
        """Return the replay with one more step of every environment."""
        return stream.add(state, step)

    def sample(self, state: stream.Stream, key: jax.Array, discount: jax.Array) -> Batch:
        """Draw a batch; steps that only started an episode come with weight 0."""
        slots = stream.num_starts(state, self.n_step) * state.num_envs
        # One draw of bits and a remainder: a quarter of the cost of `randint`, which draws four
        # times to remove a bias of less than slots / 2³².
        bits = jax.random.bits(key, (self.batch_size,), jnp.uint32)
        drawn = (bits % slots.astype(jnp.uint32)).astype(jnp.int32)
        start = stream.first_start(state) + drawn // state.num_envs
        return stream.windows(state, start, drawn % state.num_envs, self.n_step, discount)

    def update_priorities(
        self,
        state: stream.Stream,
        source: jax.Array,  # noqa: ARG002
        error: jax.Array,  # noqa: ARG002
    ) -> stream.Stream:
        """Do nothing: all are equal."""
        return state

    def interrupt(self, state: stream.Stream) -> stream.Stream:
        """Return the replay with the newest step truncated."""
        return stream.interrupt(state)
