"""The raw step stream: a ring of steps, each observation stored once, of stacks the newest frame.

Row t holds what happened between observation t and observation t + 1. With R rows, the newest
R observations are kept, so a window of n steps may begin at any of the rows

    max(0, count − R + k) … count − n,

with `count` the number of steps added so far and k the frames in the tallest stack (1 without).

`count` stays below 2³¹: near the limit it goes back by R again and again, which leaves every row
where it was. From then on, numbers of steps are true up to a multiple of R.

The final observation of an episode stands in the row after its last step; that row only starts
the next episode and is marked invalid.
"""

from typing import Any

import jax
import jax.numpy as jnp

from qlax.maths.counting import MOST
from qlax.maths.returns import n_step_return
from qlax.pytree import Pytree, static
from qlax.replay.core import Seen, Step
from qlax.replay.frames import longest_stack, newest, stacked
from qlax.replay.transition_batch import TransitionBatch
from qlax.spaces import EnvSpec, Space

_TERMINATED, _TRUNCATED, _VALID, _FIRST = 1, 2, 4, 8


class Stream(Pytree):
    """A ring of R rows of N environments."""

    seen: Seen
    """Each array [R, N, …], in the environment's own dtype; of stacks only the newest frame."""
    action: jax.Array
    """[R, N], int32; [R, N, F] of several factors."""
    reward: jax.Array
    """[R, N], float32."""
    flags: jax.Array
    """[R, N], uint8: terminated, truncated, valid and first as bits."""
    probability: jax.Array | None
    """[R, N], float32: of the action, by the explorer; None if it is not needed."""
    count: jax.Array
    """Steps added so far, int32 scalar; see above for what comes before 2³¹."""
    space: Space | None = static()
    """The observations' space; None if nothing in it is a stack."""

    @property
    def rows(self) -> int:
        """R."""
        return self.action.shape[0]

    @property
    def num_envs(self) -> int:
        """N."""
        return self.action.shape[1]


class Outcome(Pytree):
    """How some stored steps ended, bool all."""

    terminated: jax.Array
    truncated: jax.Array
    valid: jax.Array
    first: jax.Array


def init(
    rows: int,
    seen: Seen,
    spec: EnvSpec | None = None,
    *,
    probability: bool = False,
) -> Stream:
    """Return an empty ring that knows what was seen first, shape [N, …].

    Args:
        rows: Observations that windows may begin or end with; stacks take a few rows more.
        seen: What was seen first.
        spec: What is seen and done; None if nothing seen is a stack, and actions are numbers.
        probability: Whether the explorer's probabilities are kept.
    """
    num_envs = jax.tree.leaves(seen.observation)[0].shape[0]
    space = None if spec is None else spec.observation
    shape = () if spec is None else spec.action_shape
    # The first stack of the oldest window needs k − 1 frames from before it.
    rows += longest_stack(space) - 1
    seen = seen._replace(observation=newest(seen.observation, space))

    def ring(first: jax.Array) -> jax.Array:
        first = jnp.asarray(first)
        return jnp.zeros((rows, *first.shape), first.dtype).at[0].set(first)

    return Stream(
        seen=jax.tree.map(ring, seen),
        action=jnp.zeros((rows, num_envs, *shape), jnp.int32),
        reward=jnp.zeros((rows, num_envs), jnp.float32),
        flags=jnp.zeros((rows, num_envs), jnp.uint8),
        probability=jnp.ones((rows, num_envs), jnp.float32) if probability else None,
        count=jnp.int32(0),
        space=space if longest_stack(space) > 1 else None,
    )


def add(stream: Stream, step: Step) -> Stream:
    """Return the ring with one more row; a full ring loses the oldest."""
    flags = (
        step.terminated * jnp.uint8(_TERMINATED)
        + step.truncated * jnp.uint8(_TRUNCATED)
        + step.valid * jnp.uint8(_VALID)
        + step.first * jnp.uint8(_FIRST)
    )
    end = (MOST // stream.rows - 1) * stream.rows  # a ring's length before 2³¹
    # The step goes into its own row; what was seen after it is what the next row begins with.
    row, next_row = stream.count % stream.rows, (stream.count + 1) % stream.rows
    probability = stream.probability
    if probability is not None:
        assert step.probability is not None
        probability = _set_row(probability, row, step.probability)
    following = step.next._replace(observation=newest(step.next.observation, stream.space))
    return stream.replace(
        seen=jax.tree.map(lambda ring, new: _set_row(ring, next_row, new), stream.seen, following),
        action=_set_row(stream.action, row, step.action),
        reward=_set_row(stream.reward, row, step.reward),
        flags=_set_row(stream.flags, row, flags),
        probability=probability,
        count=jnp.where(stream.count + 1 == end, end - stream.rows, stream.count + 1),
    )


def env_steps(stream: Stream) -> jax.Array:
    """Return how many steps were added, of all environments together, int32; about 2³¹ at most."""
    most = MOST // stream.num_envs
    return jnp.minimum(stream.count, most) * stream.num_envs


def first_start(stream: Stream) -> jax.Array:
    """Return the oldest step a window may begin at, counted from the run's beginning."""
    # Observations count − R + 1 … count are stored, and a stack needs k − 1 more before its newest.
    return jnp.maximum(0, stream.count - stream.rows + longest_stack(stream.space))


def lost_start(stream: Stream) -> jax.Array:
    """Return the step at which no window may begin any more since the newest was added.

    It is given R steps too late, count + k − 1 for count − R + k − 1: both are in the same row.
    """
    return stream.count + longest_stack(stream.space) - 1


def num_starts(stream: Stream, steps: int) -> jax.Array:
    """Return at how many steps a window may begin; 0 or less when too few are stored."""
    # From the oldest possible to count − steps, whose window ends with the newest step.
    return stream.count - steps + 1 - first_start(stream)


def seen_at(stream: Stream, row: jax.Array, env: jax.Array) -> Seen:
    """Return what was seen at the given rows (any numbers of steps) of the given environments."""

    def place(back: Any) -> jax.Array:
        return _place(stream, row - back, env)

    def read(ring: jax.Array) -> jax.Array:
        return _at(ring, place(0))

    if stream.space is None:
        found: Seen = jax.tree.map(read, stream.seen)
        return found
    seen = stream.seen
    return Seen(
        stacked(seen.observation, stream.space, _at, place, _age(stream, row, env)),
        *jax.tree.map(read, (seen.legal, seen.memory)),
    )


def outcome_at(stream: Stream, row: jax.Array, env: jax.Array) -> Outcome:
    """Return how the steps at the given rows ended."""
    flags = entries(stream.flags, row % stream.rows, env)
    return Outcome(*((flags & bit) > 0 for bit in (_TERMINATED, _TRUNCATED, _VALID, _FIRST)))


def _age(stream: Stream, row: jax.Array, env: jax.Array) -> jax.Array:
    """Return how many steps ago the episode seen at the given rows began, as far as stacks go."""
    row, env = jnp.broadcast_arrays(row, env)
    oldest = longest_stack(stream.space) - 1
    age = jnp.full(row.shape, oldest, jnp.int32)
    # From the farthest to the nearest, so that of two beginnings the later one counts.
    for back in range(oldest - 1, -1, -1):
        # An episode begins with what a reset showed, and a reset is a step that is not valid. The
        # row before the first step is not valid either.
        begins = ~outcome_at(stream, row - back - 1, env).valid
        age = jnp.where(begins, back, age)
    return age


def windows(
    stream: Stream,
    start: jax.Array,
    env: jax.Array,
    n_step: int,
    discount: jax.Array,
    *,
    next_action: bool,
) -> TransitionBatch:
    """Return the transitions that begin at the given steps.

    Args:
        stream: The ring.
        start: Step numbers, counted from the run's beginning, int32, shape [B].
        env: Which environment each is taken from, int32, shape [B].
        n_step: Most steps a transition spans; it is shorter where an episode ends.
        discount: γ, scalar.
        next_action: Whether a′ is wanted; transitions that were cut have none, and weight 0.

    Returns:
        A batch whose weights are 1 for valid steps and 0 for those that ignored their action.
    """
    rows = start[:, None] + jnp.arange(n_step)  # [B, n], and so is all that is read of them
    outcome = outcome_at(stream, rows, env[:, None])
    returns = n_step_return(
        rewards=entries(stream.reward, rows % stream.rows, env[:, None]),
        terminated=outcome.terminated,
        truncated=outcome.truncated,
        discount=discount,
    )
    # s′ was seen after the k-th step: it stands at the beginning of the step after.
    end = start + returns.length
    counts = outcome.valid[:, 0]
    following = jnp.zeros((*env.shape, *stream.action.shape[2:]), jnp.int32)
    if next_action:
        following = entries(stream.action, end % stream.rows, env)
        # Without a bootstrap no a′ is needed. After a cut, the next step is a reset and has none.
        counts &= (returns.discount == 0.0) | outcome_at(stream, end, env).valid
    row = start % stream.rows
    return TransitionBatch(
        now=seen_at(stream, start, env),
        action=entries(stream.action, row, env),
        reward=returns.reward,
        discount=returns.discount,
        next=seen_at(stream, end, env),
        next_action=following,
        weight=counts.astype(jnp.float32),
        source=jnp.stack([row, env], -1),
        number=number_of(stream, start, env),
    )


def number_of(stream: Stream, step: jax.Array, env: jax.Array) -> jax.Array:
    """Return a number for each step of each environment, uint32: all differ, until 2³² are done."""
    rows: jax.Array = step.astype(jnp.uint32) * jnp.uint32(stream.num_envs)
    return rows + env.astype(jnp.uint32)


def interrupt(stream: Stream) -> Stream:
    """Return the ring with its newest step marked truncated (unless it terminated)."""
    row = (stream.count - 1) % stream.rows
    newest = stream.flags[row]
    cut = jnp.where((newest & _TERMINATED) > 0, newest, newest | _TRUNCATED)
    flags = jnp.where(stream.count > 0, cut, newest)
    return stream.replace(flags=_set_row(stream.flags, row, flags))


def entries(array: jax.Array, row: jax.Array, env: jax.Array) -> jax.Array:
    """Return array[row, env]; rows are in range."""
    return _at(array, row * array.shape[1] + env)


def _place(stream: Stream, row: jax.Array, env: jax.Array) -> jax.Array:
    """Return the places of rows (any numbers of steps) and environments in a flattened ring.

    One index is quicker to follow than two.
    """
    return row % stream.rows * stream.num_envs + env


def _at(array: jax.Array, place: jax.Array) -> jax.Array:
    """Return the entries at places of a ring, [R, N, …]; places are in range."""
    flat = array.reshape((-1, *array.shape[2:]))
    return flat.at[place].get(mode="promise_in_bounds")


def _set_row(array: jax.Array, row: jax.Array, values: Any) -> jax.Array:
    updated: jax.Array = jax.lax.dynamic_update_index_in_dim(
        array, values.astype(array.dtype), row, 0
    )
    return updated
