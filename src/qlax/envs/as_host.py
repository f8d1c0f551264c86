"""A compiled environment stepped from the host, one jitted call a step."""

from typing import Any

import jax
import numpy as np

from qlax.envs.core import CompiledEnv, TimeStep
from qlax.precision import computes_in_32_bits
from qlax.spaces import EnvSpec


@computes_in_32_bits
class CompiledAsHost:
    """Makes a `CompiledEnv` a `HostEnv`: to evaluate in one, or to hold two drivers together."""

    def __init__(self, env: CompiledEnv) -> None:
        self.spec: EnvSpec = env.spec
        self.num_envs = env.num_envs
        self._init, self._step = jax.jit(env.init), jax.jit(env.step)
        self._state: Any = None

    def reset(self, seed: int) -> TimeStep:
        """Begin an episode in every environment, as the compiled driver does for this seed."""
        env_key, _ = jax.random.split(jax.random.key(seed))
        self._state, timestep = self._init(env_key)
        return jax.tree.map(np.asarray, timestep)  # type: ignore[no-any-return]

    def step(self, action: np.ndarray) -> TimeStep:
        """Take one step in every environment."""
        self._state, timestep = self._step(self._state, action)
        return jax.tree.map(np.asarray, timestep)  # type: ignore[no-any-return]

    def close(self) -> None:
        """Do nothing."""
