"""Batches of sequences: for memories and λ-returns."""

from typing import Any

import jax
import jax.numpy as jnp

from qlax.heads.core import Head
from qlax.heads.joint import Joint
from qlax.maths.bootstrap import Backup, chosen, expected_value, with_bonus
from qlax.maths.returns import lambda_return, n_step_return
from qlax.pytree import Pytree, static
from qlax.replay import stream
from qlax.replay.core import Evaluate, Seen
from qlax.replay.lambda_return import LambdaReturn


class SequenceBatch(Pytree):
    """B sequences of T steps; the first `burn_in` steps only warm up the memory. A `Batch`.

    Its M = (T − burn_in) · B samples are ordered by time, then by sequence.
    """

    seen: Seen
    """What was seen, each array [T + 1, B, …]."""
    first: jax.Array
    """Where an episode begins with what was seen, bool, [T + 1, B]."""
    taken: jax.Array
    """The actions taken, int32, [T, B]; [T, B, F] of several factors."""
    reward: jax.Array
    """Rewards, summed over n steps, float32, [T, B]."""
    discount: jax.Array
    """γᵏ (1 − terminated), float32, [T, B]."""
    ahead: jax.Array
    """k, the steps from s to s′, int32, [T, B]."""
    taken_next: jax.Array
    """a′, int32, [T, B]."""
    continues: jax.Array
    """Whether the step after this one belongs to the same episode and sequence, bool, [T, B]."""
    probability: jax.Array | None
    """How likely the explorer was to take each action, float32, [T, B]; None if not asked for."""
    weights: jax.Array
    """Importance weights, float32, [T, B]."""
    source: jax.Array
    """The row and environment each sequence came from, int32, [B, 2]."""
    numbers: jax.Array
    """Which transitions they are, uint32, [T, B]."""
    burn_in: int = static()
    """Steps at the beginning that are not learned from."""
    lambda_return: LambdaReturn | None = static()
    """How returns look along the sequence; None for n-step returns."""

    @property
    def action(self) -> jax.Array:
        """a, int32, [M]."""
        return self._learned(self.taken)

    @property
    def next_action(self) -> jax.Array:
        """a′, int32, [M]."""
        return self._learned(self.taken_next)

    @property
    def weight(self) -> jax.Array:
        """Importance weights, [M]."""
        return self._learned(self.weights)

    @property
    def number(self) -> jax.Array:
        """Which transitions they are, uint32, [M]."""
        return self._learned(self.numbers)

    @property
    def legal(self) -> tuple[jax.Array | None, jax.Array | None]:
        """Which actions are legal in s and in s′."""
        legal = self.seen.legal
        if legal is None:
            return None, None
        legal = legal[self.burn_in :]
        return _flat(legal[:-1]), _flat(self._after(legal))

    def predictions(self, evaluate: Evaluate) -> tuple[Any, Any]:
        """Return a network's predictions of s and of s′, with its memory carried along."""
        memory = self.seen.memory
        if memory is not None:
            memory = jax.tree.map(lambda array: array[0], memory)
        observation, first = self.seen.observation, self.first
        if self.burn_in:
            early, observation = _split(observation, self.burn_in)
            if memory is not None:
                _, memory = evaluate.unroll(early, memory, first[: self.burn_in])
                memory = jax.lax.stop_gradient(memory)
            first = first[self.burn_in :]
        along, _ = evaluate.unroll(observation, memory, first)
        now = jax.tree.map(lambda array: _flat(array[:-1]), along)
        following = jax.tree.map(lambda array: _flat(self._after(array)), along)
        return now, following

    def target(self, head: Head, next_prediction: Any, backup: Backup) -> Any:
        """Return the head's n-step target, or one made of the returns along the sequence."""
        reward, discount = self._learned(self.reward), self._learned(self.discount)
        if self.lambda_return is None:
            return head.backup(reward, discount, next_prediction, backup)
        shape = (-1, self.taken.shape[1])

        def later(values: jax.Array) -> jax.Array:
            """Entry t + 1 of values given for t."""
            return jnp.concatenate([values[1:], values[-1:]])

        taken = _flat(later(self.taken[self.burn_in :]))
        probability = None
        if self.probability is not None:
            probability = later(self.probability[self.burn_in :]).reshape(-1)
        value, of_taken = self._values(head, next_prediction, backup, taken)
        returns = lambda_return(
            reward=with_bonus(reward, backup).reshape(shape),
            discount=discount.reshape(shape),
            next_value=value.reshape(shape),
            next_taken=(value if self.lambda_return.kind == "peng" else of_taken).reshape(shape),
            trace=self.lambda_return.weight(backup, taken, probability).reshape(shape)
            * self.continues[self.burn_in :],
        )
        return head.from_return(_flat(returns))  # type: ignore[attr-defined]

    def _values(
        self, head: Head, prediction: Any, backup: Backup, taken: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Return Σ_a π(a) [q(s, a) − e(a)] and q(s, a) of what was taken, shape [M] both."""
        if isinstance(head, Joint):
            cost = 0.0 if backup.cost is None else (backup.policy * backup.cost).sum(-1)
            value = head.mean_value(prediction, backup.policy) - cost
            return value, head.values_of(prediction, taken)
        q_values = head.q_values(prediction)
        return expected_value(q_values, backup), chosen(q_values, taken)

    def errors(self, error: jax.Array) -> jax.Array:
        """Return errors of the samples by step and sequence, [T − burn_in, B]."""
        return error.reshape((-1, self.taken.shape[1]))

    def _learned(self, array: jax.Array) -> jax.Array:
        return _flat(array[self.burn_in :])

    def _after(self, array: jax.Array) -> jax.Array:
        """Return the entries of s′, given those of everything seen after the burn-in."""
        # s of sample t is entry t, and its s′ is k entries further on: [T − burn-in, B].
        at = jnp.arange(array.shape[0] - 1)[:, None] + self.ahead[self.burn_in :]
        return array[at, jnp.arange(array.shape[1])]


def sequences(
    ring: stream.Stream,
    start: jax.Array,
    env: jax.Array,
    length: int,
    discount: jax.Array,
    *,
    n_step: int = 1,
    burn_in: int = 0,
    lambda_return: LambdaReturn | None = None,
    next_action: bool = False,
) -> SequenceBatch:
    """Return the sequences of `length` steps that begin at the given steps.

    n-step sums stop at the end of an episode and at the end of the sequence: near it they are
    shorter. Steps that ignored their action have weight 0, and so have cut ones without a′ where
    it is wanted.

    Args:
        ring: The stream.
        start: Step numbers, counted from the run's beginning, int32, shape [B].
        env: Which environment each is taken from, int32, shape [B].
        length: T.
        discount: γ, scalar.
        n_step: Most steps a sum spans.
        burn_in: Steps at the beginning that are not learned from.
        lambda_return: How returns look along the sequence; then sums are over one step.
        next_action: Whether a′ is wanted; one step more must have been stored then.
    """
    # [T + 1, B]: the last is only looked at, the others are learned from.
    steps = start + jnp.arange(length + 1)[:, None]
    rows = steps[:-1] % ring.rows
    outcome = stream.outcome_at(ring, steps[:-1], env)
    done = outcome.terminated | outcome.truncated
    last = (jnp.arange(length) == length - 1)[:, None]
    # [T, n]: the steps of each window. Beyond the sequence's end its last step stands again, which
    # counts as truncated below, so that nothing after it does.
    window = jnp.minimum(jnp.arange(length)[:, None] + jnp.arange(n_step), length - 1)

    def in_windows(values: jax.Array) -> jax.Array:
        """[T, B] → [T, B, n]: what the windows that begin at each step hold."""
        return jnp.moveaxis(values[window], 1, -1)

    returns = n_step_return(
        rewards=in_windows(stream.entries(ring.reward, rows, env)),
        terminated=in_windows(outcome.terminated),
        truncated=in_windows(outcome.truncated | (last & ~outcome.terminated)),
        discount=discount,
    )
    counts = outcome.valid
    following = jnp.zeros((*rows.shape, *ring.action.shape[2:]), jnp.int32)
    if next_action:
        # As in `stream.windows`: a′ is taken in s′, k steps on; after a cut there is none.
        end = steps[:-1] + returns.length
        following = stream.entries(ring.action, end % ring.rows, env)
        counts &= (returns.discount == 0.0) | stream.outcome_at(ring, end, env).valid
    probability = None
    if ring.probability is not None:
        probability = stream.entries(ring.probability, rows, env)
    return SequenceBatch(
        seen=stream.seen_at(ring, steps, env),
        # What a reset showed begins an episode. The reset before the sequence is not part of it,
        # but the first step itself knows.
        first=jnp.concatenate([outcome.first[:1], ~outcome.valid]),
        taken=stream.entries(ring.action, rows, env),
        reward=returns.reward,
        discount=returns.discount,
        ahead=returns.length,
        taken_next=following,
        continues=~done & ~last & outcome.valid,
        probability=probability,
        weights=counts.astype(jnp.float32),
        source=jnp.stack([start % ring.rows, env], -1),
        numbers=stream.number_of(ring, steps[:-1], env),
        burn_in=burn_in,
        lambda_return=lambda_return,
    )


def _flat(array: jax.Array) -> jax.Array:
    """[T, B, …] → [T · B, …]."""
    return array.reshape((-1, *array.shape[2:]))


def _split(tree: Any, at: int) -> tuple[Any, Any]:
    """Return the entries of a tree's first axis before and from `at` on."""
    return (
        jax.tree.map(lambda array: array[:at], tree),
        jax.tree.map(lambda array: array[at:], tree),
    )
