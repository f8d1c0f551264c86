"""A look at the first steps of a `Dynamics`: compiled, nobody would see what it shows."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.compilation import quickly
from qlax.envs.conversion import Reader, Unfit
from qlax.envs.core import Dynamics, TimeStep
from qlax.envs.returned import Misreturned, look_at_size
from qlax.envs.vectorised import Vectorised
from qlax.errors import EnvironmentFailure
from qlax.spaces import Composite, Discrete, Space, legal_values
from qlax.warning import warn

_STEPS, _ENVS = 64, 4


def require_fit(dynamics: Dynamics) -> None:
    """Play a few steps by random legal actions, and hold what is shown against the spec.

    Raises:
        EnvironmentFailure: if it shows what is not in its space, or pays what is not finite.
    """
    spec = dynamics.spec
    worlds = Vectorised(dynamics, _ENVS)

    def step(carry: Any, key: jax.Array) -> tuple[Any, TimeStep]:
        state, timestep = carry
        legal = legal_values(spec, timestep.legal, _ENVS)
        if legal is None:
            legal = jnp.ones((_ENVS, spec.num_actions), bool)
        legal = jnp.asarray(legal).reshape((_ENVS, *spec.action_shape, -1))
        action = jax.random.categorical(key, jnp.where(legal, 0.0, -jnp.inf)).astype(jnp.int32)
        carry = worlds.step(state, action)
        return carry, carry[1]

    def play(key: jax.Array) -> tuple[TimeStep, TimeStep]:
        begun = worlds.init(key)
        _, played = jax.lax.scan(step, begun, jax.random.split(key, _STEPS))
        return begun[1], played

    begun, played = jax.device_get(jax.jit(play, compiler_options=quickly())(jax.random.key(0)))

    def remark(sentence: str) -> None:
        warn(f"{spec.id} {sentence}.")

    counted = dataclasses.replace(spec, observation=_from_zero(spec.observation))
    reader = Reader(counted, remark)
    for number in range(_STEPS + 1):
        shown = (
            begun if number == 0 else jax.tree.map(lambda array, at=number: array[at - 1], played)
        )
        when = f"step {number}" if number else "reset"
        try:
            reader.fit(shown.observation)
        except Unfit as unfit:
            raise EnvironmentFailure(
                f"{spec.id} showed {unfit.what} in {when}, but {unfit.why}."
            ) from None
    try:
        sentence = look_at_size(np.asarray(played.reward, np.float64).ravel())
    except Misreturned as wrong:
        raise EnvironmentFailure(f"{spec.id} is not fit to train in: {wrong}.") from None
    if sentence is not None:
        remark(sentence)


def _from_zero(space: Space) -> Space:
    """Return the space as functions show it: states are counted from zero."""
    if isinstance(space, Composite):
        return Composite(tuple((name, _from_zero(inner)) for name, inner in space.entries))
    return dataclasses.replace(space, start=0) if isinstance(space, Discrete) else space
