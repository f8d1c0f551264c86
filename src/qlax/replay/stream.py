"""The raw step stream: a ring of steps, each observation stored once.

Row t holds what happened between observation t and observation t + 1. With R rows, the newest
R observations are kept, so a window of n steps may begin at any of the rows

    max(0, count − R + 1) … count − n,

with `count` the number of steps added so far. The final observation of an episode stands in the
row after its last step; that row only starts the next episode and is marked invalid.
"""

from typing import Any

import jax
import jax.numpy as jnp

from qlax.maths.returns import n_step_return
from qlax.pytree import Pytree
from qlax.replay.core import Batch, Step

_TERMINATED, _TRUNCATED, _VALID = 1, 2, 4


class Stream(Pytree):
    """A ring of R rows of N environments."""

    observation: jax.Array
    """[R, N, …], in the environment's own dtype."""
    action: jax.Array
    """[R, N], int32."""
    reward: jax.Array
    """[R, N], float32."""
    flags: jax.Array
    """[R, N], uint8: terminated, truncated and valid as bits."""
    count: jax.Array
    """Steps added so far, int32 scalar."""

    @property
    def rows(self) -> int:
        """R."""
        return self.action.shape[0]

    @property
    def num_envs(self) -> int:
        """N."""
        return self.action.shape[1]


def init(rows: int, observation: jax.Array) -> Stream:
    """Return an empty ring that knows the first observations, shape [N, …]."""
    num_envs = observation.shape[0]
    empty = jnp.zeros((rows, *observation.shape), observation.dtype)
    return Stream(
        observation=empty.at[0].set(observation),
        action=jnp.zeros((rows, num_envs), jnp.int32),
        reward=jnp.zeros((rows, num_envs), jnp.float32),
        flags=jnp.zeros((rows, num_envs), jnp.uint8),
        count=jnp.int32(0),
    )


def add(stream: Stream, step: Step) -> Stream:
    """Return the ring with one more row; the oldest is overwritten when it is full."""
    flags = (
        step.terminated * jnp.uint8(_TERMINATED)
        + step.truncated * jnp.uint8(_TRUNCATED)
        + step.valid * jnp.uint8(_VALID)
    )
    row, next_row = stream.count % stream.rows, (stream.count + 1) % stream.rows
    return stream.replace(
        observation=_set_row(stream.observation, next_row, step.next_observation),
        action=_set_row(stream.action, row, step.action),
        reward=_set_row(stream.reward, row, step.reward),
        flags=_set_row(stream.flags, row, flags),
        count=stream.count + 1,
    )


def first_start(stream: Stream) -> jax.Array:
    """Return the oldest step a window may begin at, counted from the run's beginning."""
    return jnp.maximum(0, stream.count - stream.rows + 1)


def num_starts(stream: Stream, n_step: int) -> jax.Array:
    """Return at how many steps a window of n may begin; 0 or less when too few are stored."""
    return stream.count - n_step + 1 - first_start(stream)


def windows(
    stream: Stream, start: jax.Array, env: jax.Array, n_step: int, discount: jax.Array
) -> Batch:
    """Return the transitions that begin at the given steps.

    Args:
        stream: The ring.
        start: Step numbers, counted from the run's beginning, int32, shape [B].
        env: Which environment each is taken from, int32, shape [B].
        n_step: Most steps a transition spans; it is shorter where an episode ends.
        discount: γ, scalar.

    Returns:
        A batch whose weights are 1 for valid steps and 0 for those that ignored their action.
    """
    rows = (start[:, None] + jnp.arange(n_step)) % stream.rows
    flags = _entries(stream.flags, rows, env[:, None])
    returns = n_step_return(
        rewards=_entries(stream.reward, rows, env[:, None]),
        terminated=(flags & _TERMINATED) > 0,
        truncated=(flags & _TRUNCATED) > 0,
        discount=discount,
    )
    end = (start + returns.length) % stream.rows
    return Batch(
        observation=_entries(stream.observation, rows[:, 0], env),
        action=_entries(stream.action, rows[:, 0], env),
        reward=returns.reward,
        discount=returns.discount,
        next_observation=_entries(stream.observation, end, env),
        weight=((flags[:, 0] & _VALID) > 0).astype(jnp.float32),
        source=jnp.stack([rows[:, 0], env], -1),
    )


def interrupt(stream: Stream) -> Stream:
    """Return the ring with its newest step marked truncated (unless it terminated)."""
    row = (stream.count - 1) % stream.rows
    newest = stream.flags[row]
    cut = jnp.where((newest & _TERMINATED) > 0, newest, newest | _TRUNCATED)
    flags = jnp.where(stream.count > 0, cut, newest)
    return stream.replace(flags=_set_row(stream.flags, row, flags))


def _entries(array: jax.Array, row: jax.Array, env: jax.Array) -> jax.Array:
    """Return array[row, env]; rows are in range, and one index is quicker to follow than two."""
    flat = array.reshape((-1, *array.shape[2:]))
    return flat.at[row * array.shape[1] + env].get(mode="promise_in_bounds")


def _set_row(array: jax.Array, row: jax.Array, values: Any) -> jax.Array:
    updated: jax.Array = jax.lax.dynamic_update_index_in_dim(
        array, values.astype(array.dtype), row, 0
    )
    return updated
