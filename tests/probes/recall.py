"""A task for memories: what is shown first decides what is right at the end."""

import jax
import jax.numpy as jnp

from qlax.envs import Transition
from qlax.spaces import Box, EnvSpec


class Recall:
    """Shows ± 1 once, then nothing twice; then action 1 is right for +1 and action 0 for −1."""

    spec = EnvSpec(
        id="Recall", observation=Box((2,), "float32", -1.0, 1.0), num_actions=2, time_limit=10
    )

    def reset(self, key):
        sign = jnp.where(jax.random.bernoulli(key), 1.0, -1.0)
        return (sign, jnp.int32(0)), jnp.stack([sign, 0.0])

    def step(self, state, action, key):
        sign, elapsed = state
        elapsed = elapsed + 1
        right = (2.0 * action - 1.0) == sign
        return Transition(
            state=(sign, elapsed),
            observation=jnp.stack([0.0, elapsed / 3.0]),
            reward=jnp.where(elapsed == 3, right.astype(jnp.float32), 0.0),
            terminated=elapsed == 3,
        )
