"""A replay's functions, compiled once for each configuration: tests call them very often."""

import functools

import jax
import jax.numpy as jnp

from qlax.replay import Seen
from tests.replay.history import SPEC


@functools.partial(jax.jit, static_argnums=0)
def add(replay, state, step):
    """Return the replay with one more step."""
    return replay.add(state, step)


@functools.partial(jax.jit, static_argnums=0, static_argnames="next_action")
def sample(replay, state, key, discount, *, next_action=False):
    """Return a batch and the replay after."""
    return replay.sample(state, key, discount, next_action=next_action)


@functools.partial(jax.jit, static_argnums=0, static_argnames="next_action")
def sample_many(replay, state, keys, discount, *, next_action=False):
    """Return the batches of many keys, as one whose arrays have them as their first axis."""
    draw = functools.partial(replay.sample, state, discount=discount, next_action=next_action)
    return jax.vmap(lambda key: draw(key)[0])(keys)


@functools.partial(jax.jit, static_argnums=0)
def update_priorities(replay, state, batch, error):
    """Return the replay after learning from a batch."""
    return replay.update_priorities(state, batch, error)


def grown(replay, steps, *, num_envs=1):
    """Return a replay that has seen the given steps, after a first observation of 0."""
    state = replay.init(Seen(1000.0 * jnp.arange(num_envs, dtype=jnp.float32)), SPEC)
    for entry in steps:
        state = add(replay, state, entry)
    return state
