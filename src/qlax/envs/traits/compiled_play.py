"""Random play of an environment that is given as functions: one program plays all of it."""

import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.compilation import quickly
from qlax.envs.core import Dynamics, TimeStep
from qlax.envs.traits.half import LONGEST_HOLD, Half, Play, every_action, read
from qlax.envs.vectorised import Vectorised
from qlax.spaces import EnvSpec


def played_compiled(dynamics: Dynamics, spec: EnvSpec, steps: int, seed: int) -> Play:
    """Return what random play shows of an environment.

    Args:
        dynamics: Its functions.
        spec: Its description, whose time limit holds.
        steps: Of each half.
        seed: Of everything random.
    """
    worlds = Vectorised(dynamics, 1, spec.time_limit)
    every = every_action(spec)

    def step(carry: Any, key: jax.Array) -> tuple[Any, Any]:
        state, shown, held, left, is_held = carry
        legal = every if shown.legal is None else shown.legal[0].reshape(every.shape)
        action_key, length_key = jax.random.split(key)
        drawn = jax.random.categorical(action_key, jnp.where(legal, 0.0, -jnp.inf))
        drawn = drawn.astype(jnp.int32)
        allowed = jnp.take_along_axis(legal, held[:, None], 1).all()
        is_new = (left == 0) | ~is_held | ~allowed | shown.first[0]
        action = jnp.where(is_new, drawn, held)
        length = jax.random.randint(length_key, (), 1, LONGEST_HOLD + 1)
        left = jnp.where(is_new, length, left) - 1
        state, after = worlds.step(state, action if spec.factors is None else action[None])
        share = legal.sum() / every.sum()
        return (state, after, action, left, is_held), (shown, action, share, after)

    def play(key: jax.Array, is_held: jax.Array) -> Any:
        first_key, *keys = jax.random.split(key, 2)
        state, shown = worlds.init(first_key)
        begun = (state, shown, jnp.zeros(len(every), jnp.int32), jnp.int32(0), is_held)
        return jax.lax.scan(step, begun, jax.random.split(keys[0], 2 * steps))[1]

    began = time.perf_counter()
    program = jax.jit(play, compiler_options=quickly())
    single, held = (
        _half(jax.device_get(program(jax.random.key(seed + number), number == 1)), spec, steps)
        for number in range(2)
    )
    return Play(single, held, time.perf_counter() - began, is_on_host=False)


def _half(played: tuple[TimeStep, Any, Any, TimeStep], spec: EnvSpec, steps: int) -> Half:
    """Return the first steps, without those that only begin an episode."""
    shown, actions, legal, after = played
    half = Half()
    for at in np.flatnonzero(~after.first[:, 0])[:steps]:
        seen, came = (
            jax.tree.map(lambda array, at=at: array[at], one.observation) for one in (shown, after)
        )
        before, numbers = read(seen, spec.observation)
        half.actions.append(tuple(actions[at].tolist()))
        half.rewards.append(float(after.reward[at, 0]))
        half.terminated.append(bool(after.terminated[at, 0]))
        half.truncated.append(bool(after.truncated[at, 0]))
        half.begins.append(bool(shown.first[at, 0]))
        half.before.append(before)
        half.after.append(read(came, spec.observation)[0])
        half.numbers.append(numbers)
        half.legal.append(float(legal[at]))
    return half
