"""Writing small histories into a replay, and reading batches back."""

import jax
import jax.numpy as jnp
import numpy as np

from qlax.replay import Seen, Step
from qlax.spaces import Box, EnvSpec

SPEC = EnvSpec(id="History", observation=Box((), "float32", 0.0, 1e6), num_actions=100)


def step(number, *, num_envs=1, terminated=False, truncated=False, valid=True, first=False):
    """Return the step from observation `number` to `number` + 1 in every environment.

    Environment e shows 1000 e + number, is paid 10 times that, and takes the action `number`.
    Flags are one for all environments, or a list.
    """
    shown = 1000.0 * np.arange(num_envs) + number

    def all_of(flag):
        return jnp.broadcast_to(jnp.asarray(flag), (num_envs,))

    return Step(
        action=jnp.full(num_envs, number, jnp.int32),
        reward=jnp.asarray(10.0 * shown, jnp.float32),
        terminated=all_of(terminated),
        truncated=all_of(truncated),
        valid=all_of(valid),
        first=all_of(first),
        next=Seen(jnp.asarray(shown + 1, jnp.float32)),
    )


def filled(replay, steps, *, num_envs=1):
    """Return a replay that has seen the given steps, after a first observation of 0."""
    state = replay.init(Seen(1000.0 * jnp.arange(num_envs, dtype=jnp.float32)), SPEC)
    add = jax.jit(replay.add)
    for entry in steps:
        state = add(state, entry)
    return state


def drawn(replay, state, key, discount, *, next_action=False):
    """Return a batch by itself, where drawing leaves the replay as it is."""
    return replay.sample(state, key, discount, next_action=next_action)[0]


def as_tuples(batch):
    """Return a batch as a list of (s, a, r, d, s′, weight)."""
    columns = (
        batch.now.observation,
        batch.action,
        batch.reward,
        batch.discount,
        batch.next.observation,
        batch.weight,
    )
    rounded = (np.round(np.asarray(column, np.float64), 4).tolist() for column in columns)
    return list(zip(*rounded, strict=True))
