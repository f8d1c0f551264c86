"""Parts that write down what a program does with them."""

import dataclasses

import jax
import numpy as np

from qlax import bootstraps, explorers, replay

NOTED = []


def note(what, *values):
    """Write down values of a program, keys as their bits."""
    keys = [
        jax.random.key_data(one) if jax.numpy.issubdtype(one.dtype, jax.dtypes.prng_key) else one
        for one in values
    ]
    jax.debug.callback(lambda *seen: NOTED.append((what, *map(np.asarray, seen))), *keys)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Acting(explorers.EpsilonGreedy):
    """Writes down the keys, the values and the observations that actions are chosen by."""

    def act(self, state, key, situation):
        note("act", key, situation.q_values, situation.observation)
        return super().act(state, key, situation)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sampling(replay.Uniform):
    """Writes down the keys that batches are drawn with."""

    def sample(self, state, key, discount, *, next_action):
        note("sample", key)
        return super().sample(state, key, discount, next_action=next_action)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Judging(bootstraps.Greedy):
    """Writes down what both networks say of the next states."""

    def __call__(self, values):
        note("judge", values.online_next, values.target_next)
        return super().__call__(values)


def noted(kind):
    """Return what was written down of a kind, in order, and forget it."""
    jax.effects_barrier()
    found = [values for what, *values in NOTED if what == kind]
    NOTED[:] = [entry for entry in NOTED if entry[0] != kind]
    return found
