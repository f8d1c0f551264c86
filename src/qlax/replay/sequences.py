"""Replay of sequences, from which memories learn."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.pytree import Pytree
from qlax.replay import priorities, stream
from qlax.replay.core import Seen, Step
from qlax.replay.lambda_return import LambdaReturn, check_lambda_return
from qlax.replay.priorities import Priorities, Proportional
from qlax.replay.sequence_batch import SequenceBatch, sequences
from qlax.replay.sizes import draw_below, require_first_window, require_room, rows_for
from qlax.spaces import EnvSpec
from qlax.validation import check_types


class SequencesState(Pytree):
    """The steps, and how likely a sequence is to be drawn from each."""

    stream: stream.Stream
    priorities: Priorities | None
    """None if all sequences are equally likely."""


@dataclass(frozen=True, kw_only=True)
class Sequences:
    """Draws `batch_size` sequences of `length` steps from the newest `capacity` steps.

    A memory starts from the state it had when the sequence was played, which the replay stores, and
    runs over `burn_in` further steps before learning begins. Without a memory, sequences are useful
    with a `lambda_return`. Sequences go on across the ends of episodes; memories and returns do
    not.

    They are drawn uniformly, or by their errors over the steps that are learned from:
    p = η max_t |δ_t| + (1 − η) mean_t |δ_t| + ε, and all steps of one have the same weight.

    References: Hausknecht and Stone (2015), arXiv 1507.06527; Kapturowski et al. (2019),
    Recurrent Experience Replay in Distributed Reinforcement Learning (R2D2).
    """

    capacity: int = 50_000
    """Steps remembered, of all environments together."""
    batch_size: int = 16
    """Sequences a batch."""
    length: int = 16
    """Steps of a sequence that are learned from; at least 1."""
    burn_in: int = 0
    """Steps before them that only bring the memory up to date; 0 or more."""
    n_step: int = 1
    """Rewards summed before bootstrapping; at least 1, shorter near a sequence's end."""
    lambda_return: LambdaReturn | None = None
    """How returns look along the sequence instead; then n_step is 1."""
    stride: int = 1
    """Steps of an environment from one sequence's beginning to the next one's; at least 1. Where
    it is less than the length, sequences overlap."""
    priority: Proportional | None = None
    """How likely sequences are to be drawn; None if all are equally likely. Otherwise a sequence
    can be drawn once the action after it is known."""
    eta: float = 0.9
    """η in [0, 1]: how much a sequence's largest error counts beside the mean; with `priority`."""

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("batch_size", "length", "n_step", "stride"):
            require(
                getattr(self, name) >= 1, f"Sequences.{name}", getattr(self, name), "at least 1"
            )
        require(self.burn_in >= 0, "Sequences.burn_in", self.burn_in, "0 or more")
        require(
            self.steps <= self.capacity,
            "Sequences.length",
            self.length,
            f"with burn_in ({self.burn_in}) at most the capacity ({self.capacity})",
        )
        require(
            self.n_step <= self.length, "Sequences.n_step", self.n_step, f"at most {self.length}"
        )
        require(
            self.lambda_return is None or self.n_step == 1,
            "Sequences.n_step",
            self.n_step,
            "1 with a lambda_return",
        )
        require(0.0 <= self.eta <= 1.0, "Sequences.eta", self.eta, "in [0, 1]")

    @property
    def steps(self) -> int:
        """Steps of a sequence, burn-in included."""
        return self.burn_in + self.length

    @property
    def draws_sequences(self) -> bool:
        """Yes: a memory can learn from them."""
        return True

    @property
    def uses_probability(self) -> bool:
        """Whether the explorer's probabilities must be stored."""
        return self.lambda_return is not None and self.lambda_return.uses_probability

    def check(self, agent: Any) -> None:
        """Raise `UsageError` if sequences would not fit, or a λ-return not go with the agent."""
        next_action = agent.bootstrap.uses_next_action
        # A sequence must begin in the ring at all times, however far apart beginnings are.
        room = max(self.steps, self.stride + next_action)
        require_room("Sequences", self.capacity, room, agent)
        waits = self.priority is not None and not next_action
        require_first_window(self.steps + waits, agent)
        check_lambda_return(self.lambda_return, agent)

    def init(self, seen: Seen, spec: EnvSpec) -> SequencesState:
        """Return an empty replay."""
        rows = rows_for(self.capacity, seen) + self.steps + (self.priority is not None)
        ring = stream.init(rows, seen, spec, probability=self.uses_probability)
        return SequencesState(ring, None if self.priority is None else priorities.init(ring))

    def add(self, state: SequencesState, step: Step) -> SequencesState:
        """Return the replay with one more step of every environment."""
        ring, ranked = stream.add(state.stream, step), state.priorities
        if ranked is not None:
            # The newest sequence that is complete, and the action after it.
            begun = ring.count - self.steps - 1
            learned = begun + jnp.arange(self.burn_in, self.steps)[:, None]
            valid = stream.outcome_at(ring, learned, jnp.arange(ring.num_envs)).valid
            drawable = valid.any(0) & (begun % self.stride == 0)
            ranked = priorities.advance(ranked, ring, begun, drawable)
        return SequencesState(ring, ranked)

    def sample(
        self, state: SequencesState, key: jax.Array, discount: jax.Array, *, next_action: bool
    ) -> tuple[SequenceBatch, SequencesState]:
        """Draw sequences."""
        ring = state.stream
        if state.priorities is None:
            start, env = self._drawn_alike(ring, key, next_action=next_action)
        else:
            # A leaf is row · N + environment; a row may stand for any step that is in it.
            drawn = priorities.draw(state.priorities, key, self.batch_size)
            start, env = drawn // ring.num_envs, drawn % ring.num_envs
        batch = sequences(
            ring,
            start,
            env,
            self.steps,
            discount,
            n_step=self.n_step,
            burn_in=self.burn_in,
            lambda_return=self.lambda_return,
            next_action=next_action,
        )
        if self.priority is not None and state.priorities is not None:
            counts = (batch.weights[self.burn_in :] > 0).any(0)
            weight = self.priority.weights(state.priorities, drawn, counts, stream.env_steps(ring))
            batch = batch.replace(weights=batch.weights * weight)
        return batch, state

    def update_priorities(
        self, state: SequencesState, batch: SequenceBatch, error: jax.Array
    ) -> SequencesState:
        """Return the replay after learning from a batch, whose samples had these errors."""
        if self.priority is None or state.priorities is None:
            return state
        counts = batch.weights[self.burn_in :] > 0
        size = jnp.where(counts, jnp.abs(batch.errors(error)), 0.0)
        mean = size.sum(0) / jnp.maximum(counts.sum(0), 1)
        row, env = batch.source.T
        updated = self.priority.update(
            state.priorities,
            priorities.place(state.stream, row, env),
            self.eta * size.max(0) + (1.0 - self.eta) * mean,
            counts.any(0),
        )
        return state.replace(priorities=updated)

    def priorities(self, state: SequencesState) -> jax.Array | None:
        """Return p of every sequence that can be drawn; None if all are equally likely."""
        if self.priority is None or state.priorities is None:
            return None
        return self.priority.of(state.priorities)

    def interrupt(self, state: SequencesState) -> SequencesState:
        """Return the replay with the newest step truncated."""
        return state.replace(stream=stream.interrupt(state.stream))

    def _drawn_alike(
        self, ring: stream.Stream, key: jax.Array, *, next_action: bool
    ) -> tuple[jax.Array, jax.Array]:
        """Return steps and environments at which sequences begin, all equally likely."""
        first = stream.first_start(ring)
        # Beginnings are multiples of the stride: this far it is to the first of them.
        skipped = -first % self.stride
        starts = stream.num_starts(ring, self.steps + next_action) - skipped
        # ⌈starts / stride⌉ multiples among the possible steps, in each environment.
        slots = (starts + self.stride - 1) // self.stride * ring.num_envs
        drawn = draw_below(key, slots, self.batch_size)
        return first + skipped + self.stride * (drawn // ring.num_envs), drawn % ring.num_envs
