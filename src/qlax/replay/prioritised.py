"""Prioritised experience replay: transitions with larger errors are drawn more often."""

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.fields import all_exchanged
from qlax.pytree import Pytree
from qlax.replay import priorities, stream
from qlax.replay.core import Seen, Step
from qlax.replay.priorities import Priorities, Proportional, check_proportional
from qlax.replay.sizes import require_first_window, require_room, rows_for
from qlax.replay.transition_batch import TransitionBatch
from qlax.schedules import Linear, Schedule
from qlax.spaces import EnvSpec
from qlax.validation import check_types


class PrioritisedState(Pytree):
    """The steps, and how likely a transition is to be drawn from each."""

    stream: stream.Stream
    priorities: Priorities


@dataclass(frozen=True, kw_only=True)
class Prioritised:
    """Draws `batch_size` transitions from the newest `capacity` with P(i) ∝ (|δ_i| + ε)ᵅ.

    Each is weighted by w_i = (1 / (M P(i)))^β / max_j w_j. See `Proportional` for the
    details. A transition can be drawn once the action after it is known, one step later than with
    `Uniform`; steps that only start an episode never are.

    Reference: Schaul et al. (2016), arXiv 1511.05952.
    """

    capacity: int = 50_000
    """Steps that can be drawn, of all environments together."""
    batch_size: int = 32
    """Transitions a batch; at most `capacity`."""
    n_step: int = 1
    """Rewards summed before bootstrapping: r = Σ_{i<n} γⁱ r_i; at least 1."""
    exponent: float = 0.6
    """α in [0, 1]: 0 draws uniformly, 1 in proportion to the errors."""
    importance: float | Schedule = field(
        default_factory=lambda: Linear(start=0.4, end=1.0, steps=None)
    )
    """β in [0, 1], by environment steps: 1 makes up for the uneven draws in full. By default it
    rises from 0.4 to 1 at the end of the run."""
    epsilon: float = 1e-6
    """ε > 0, added to |δ|: transitions without an error are still drawn now and then."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.capacity >= 1, "Prioritised.capacity", self.capacity, "at least 1")
        for name in ("batch_size", "n_step"):
            require(
                1 <= getattr(self, name) <= self.capacity,
                f"Prioritised.{name}",
                getattr(self, name),
                f"from 1 to the capacity ({self.capacity})",
            )
        check_proportional("Prioritised", self.exponent, self.importance, self.epsilon)

    @property
    def priority(self) -> Proportional:
        """How likely transitions are to be drawn."""
        own = {name: getattr(self, name) for name in ("exponent", "importance", "epsilon")}
        return all_exchanged(Proportional(), own)  # they were checked when this was made

    @property
    def uses_probability(self) -> bool:
        """Whether the explorer's probabilities must be stored."""
        return False

    def check(self, agent: Any) -> None:
        """Raise `UsageError` if a window would not fit, or learning would begin without one."""
        require_room("Prioritised", self.capacity, self.n_step, agent)
        # The action after a window is waited for, whether the bootstrap looks at it or not.
        require_first_window(self.n_step + (not agent.bootstrap.uses_next_action), agent)

    def init(self, seen: Seen, spec: EnvSpec) -> PrioritisedState:
        """Return an empty replay."""
        ring = stream.init(rows_for(self.capacity, seen) + self.n_step + 1, seen, spec)
        return PrioritisedState(ring, priorities.init(ring))

    def add(self, state: PrioritisedState, step: Step) -> PrioritisedState:
        """Return the replay with one more step of every environment."""
        ring = stream.add(state.stream, step)
        # The newest window that is complete, and the action after it.
        begun = ring.count - self.n_step - 1
        drawable = stream.outcome_at(ring, begun, jnp.arange(ring.num_envs)).valid
        return PrioritisedState(ring, priorities.advance(state.priorities, ring, begun, drawable))

    def sample(
        self, state: PrioritisedState, key: jax.Array, discount: jax.Array, *, next_action: bool
    ) -> tuple[TransitionBatch, PrioritisedState]:
        """Draw a batch."""
        ring = state.stream
        # A leaf is row · N + environment; a row may stand for any step that is in it.
        drawn = priorities.draw(state.priorities, key, self.batch_size)
        row, env = drawn // ring.num_envs, drawn % ring.num_envs
        batch = stream.windows(ring, row, env, self.n_step, discount, next_action=next_action)
        weight = self.priority.weights(
            state.priorities, drawn, batch.weight > 0, stream.env_steps(ring)
        )
        return batch.replace(weight=weight), state

    def update_priorities(
        self, state: PrioritisedState, batch: TransitionBatch, error: jax.Array
    ) -> PrioritisedState:
        """Return the replay with the priorities of the batch's transitions set to |δ| + ε."""
        row, env = batch.source.T
        drawn = priorities.place(state.stream, row, env)
        updated = self.priority.update(state.priorities, drawn, error, batch.weight > 0)
        return state.replace(priorities=updated)

    def priorities(self, state: PrioritisedState) -> jax.Array | None:
        """Return |δ| + ε of every transition that can be drawn; None if `exponent` is 0."""
        return self.priority.of(state.priorities)

    def interrupt(self, state: PrioritisedState) -> PrioritisedState:
        """Return the replay with the newest step truncated."""
        return state.replace(stream=stream.interrupt(state.stream))
