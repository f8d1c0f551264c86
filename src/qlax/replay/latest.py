"""No replay: every step is learned from once, when it happens."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.replay import stream
from qlax.replay.core import Seen
from qlax.replay.sizes import require_first_window
from qlax.replay.streamed import Streamed
from qlax.replay.transition_batch import TransitionBatch
from qlax.spaces import EnvSpec
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class Latest(Streamed):
    """Each batch is the newest complete transition of every environment, as in the textbook.

    With n_step > 1 the newest complete window began n − 1 steps ago. The shorter windows of an
    episode's last steps are learned from while the next episode begins.
    """

    n_step: int = 1
    """Rewards summed before bootstrapping: r = Σ_{i<n} γⁱ r_i; at least 1."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.n_step >= 1, "Latest.n_step", self.n_step, "at least 1")

    def check(self, agent: Any) -> None:
        """Raise `UsageError` if learning would begin before the first window is complete."""
        require_first_window(self.n_step, agent)

    def init(self, seen: Seen, spec: EnvSpec) -> stream.Stream:
        """Return an empty replay of n + 2 rows: a window, and the action after it."""
        return stream.init(self.n_step + 2, seen, spec)

    def sample(
        self,
        state: stream.Stream,
        key: jax.Array,  # noqa: ARG002
        discount: jax.Array,
        *,
        next_action: bool,
    ) -> tuple[TransitionBatch, stream.Stream]:
        """Return the newest complete transition of each environment, in order."""
        start = jnp.full(state.num_envs, state.count - self.n_step - next_action)
        env = jnp.arange(state.num_envs)
        batch = stream.windows(state, start, env, self.n_step, discount, next_action=next_action)
        return batch, state
