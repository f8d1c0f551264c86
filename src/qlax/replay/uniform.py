"""Experience replay: every stored transition is equally likely."""

from dataclasses import dataclass
from typing import Any

import jax

from qlax.errors import require
from qlax.replay import stream
from qlax.replay.core import Seen
from qlax.replay.sizes import draw_below, require_first_window, require_room, rows_for
from qlax.replay.streamed import Streamed
from qlax.replay.transition_batch import TransitionBatch
from qlax.spaces import EnvSpec
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class Uniform(Streamed):
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

    def check(self, agent: Any) -> None:
        """Raise `UsageError` if a window would not fit, or learning would begin without one."""
        require_room("Uniform", self.capacity, self.n_step, agent)
        require_first_window(self.n_step, agent)

    def init(self, seen: Seen, spec: EnvSpec) -> stream.Stream:
        """Return an empty replay."""
        return stream.init(rows_for(self.capacity, seen) + self.n_step, seen, spec)

    def sample(
        self, state: stream.Stream, key: jax.Array, discount: jax.Array, *, next_action: bool
    ) -> tuple[TransitionBatch, stream.Stream]:
        """Draw a batch; steps that only started an episode come with weight 0."""
        slots = stream.num_starts(state, self.n_step + next_action) * state.num_envs
        drawn = draw_below(key, slots, self.batch_size)
        start = stream.first_start(state) + drawn // state.num_envs
        env = drawn % state.num_envs
        batch = stream.windows(state, start, env, self.n_step, discount, next_action=next_action)
        return batch, state
