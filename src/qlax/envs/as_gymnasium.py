"""A `Dynamics` as a Gymnasium environment: to be evaluated, recorded and wrapped as any other."""

import functools
from collections.abc import Hashable
from typing import Any

import gymnasium
import jax
import numpy as np

from qlax.envs.conversion import MASK
from qlax.envs.core import Dynamics
from qlax.precision import computes_in_32_bits
from qlax.spaces import Box, Composite, Discrete, Space


@computes_in_32_bits
class DynamicsAsGymnasium(gymnasium.Env):
    """Steps the functions one call at a time; what is equal is compiled once.

    Time limits are a wrapper's, as with any Gymnasium environment.
    """

    def __init__(self, dynamics: Dynamics) -> None:
        spec = dynamics.spec
        self.observation_space = gymnasium_space(spec.observation)
        self.action_space: gymnasium.Space = (
            gymnasium.spaces.Discrete(spec.num_actions, start=spec.first_action)
            if spec.factors is None
            else gymnasium.spaces.MultiDiscrete(list(spec.actions.sizes))  # type: ignore[union-attr]
        )
        self.dynamics = dynamics
        self._spec = spec
        compiled: Any = _compiled_once if isinstance(dynamics, Hashable) else _compiled
        self._reset, self._step = compiled(dynamics)
        self._state: Any = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        super().reset(seed=seed, options=options)
        self._state, shown = self._reset(self._key())
        observation, legal = shown if self._spec.has_mask else (shown, None)
        return self._seen(observation), _info(legal)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one step."""
        number = np.asarray(action - self._spec.first_action, np.int32)
        moved = self._step(self._state, number, self._key())
        self._state = moved.state
        seen = self._seen(moved.observation)
        return seen, float(moved.reward), bool(moved.terminated), False, _info(moved.legal)

    def _key(self) -> jax.Array:
        return jax.random.key(int(self.np_random.integers(2**32, dtype=np.uint32)))

    def _seen(self, observation: Any) -> Any:
        return _as_numbered(jax.tree.map(np.asarray, observation), self._spec.observation)


def _as_numbered(seen: Any, space: Space) -> Any:
    """Return an observation with states numbered from where the space begins."""
    if isinstance(space, Composite):
        return {name: _as_numbered(seen[name], inner) for name, inner in space.entries}
    return int(seen) + space.start if isinstance(space, Discrete) else seen


def gymnasium_space(space: Space) -> gymnasium.Space:
    """Return Gymnasium's name of a space."""
    if isinstance(space, Composite):
        return gymnasium.spaces.Dict({name: gymnasium_space(of) for name, of in space.entries})
    if isinstance(space, Box):
        low, high = (
            np.broadcast_to(np.asarray(limit, space.dtype), (np.prod(space.shape, dtype=int),))
            for limit in (space.low, space.high)
        )
        limits = low.reshape(space.shape), high.reshape(space.shape)
        return gymnasium.spaces.Box(*limits, space.shape, np.dtype(space.dtype).type)
    return gymnasium.spaces.Discrete(space.n, start=space.start)


def _info(legal: Any) -> dict[str, Any]:
    return {} if legal is None else {MASK: np.asarray(legal, np.int8)}


def _compiled(dynamics: Dynamics) -> tuple[Any, Any]:
    return jax.jit(dynamics.reset), jax.jit(dynamics.step)


_compiled_once = functools.lru_cache(maxsize=32)(_compiled)
