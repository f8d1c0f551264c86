"""From the dynamics of one environment to N of them, with time limits and autoreset."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from qlax.envs.core import Dynamics, TimeStep, Transition
from qlax.pytree import Pytree
from qlax.spaces import EnvSpec


class VectorState(Pytree):
    """The state of N environments."""

    inner: Any
    """The dynamics' own states, each leaf with N as its first axis."""
    elapsed: jax.Array
    """Steps since the episode began, int32, shape [N]."""
    done: jax.Array
    """Which environments reset in the next step, bool, shape [N]."""
    key: jax.Array
    """The key all further randomness comes from."""


@dataclass(frozen=True)
class Vectorised:
    """N environments of the same dynamics, as a `CompiledEnv`."""

    dynamics: Dynamics
    num_envs: int
    time_limit: int | None = None
    """Steps after which an episode is truncated; None for the dynamics' own limit."""

    @property
    def spec(self) -> EnvSpec:
        """The dynamics' spec, with the time limit that holds here."""
        spec = self.dynamics.spec
        if self.time_limit is None:
            return spec
        return dataclasses.replace(spec, time_limit=self.time_limit)

    def init(self, key: jax.Array) -> tuple[VectorState, TimeStep]:
        """Begin an episode in every environment."""
        key, reset_key = jax.random.split(key)
        inner, observation, legal = jax.vmap(self._reset)(
            jax.random.split(reset_key, self.num_envs)
        )
        no = jnp.zeros(self.num_envs, bool)
        state = VectorState(inner, jnp.zeros(self.num_envs, jnp.int32), no, key)
        return state, TimeStep(observation, jnp.zeros(self.num_envs), no, no, ~no, legal)

    def step(self, state: VectorState, action: jax.Array) -> tuple[VectorState, TimeStep]:
        """Step every environment, or begin its next episode if the last one has ended."""
        keys = jax.random.split(state.key, self.num_envs + 1)
        inner, moved, fresh = jax.vmap(self._step_or_reset)(
            state.inner, action, keys[1:], state.done
        )
        elapsed = jnp.where(fresh, 0, state.elapsed + 1)
        limit = self.spec.time_limit
        cut = jnp.zeros_like(fresh) if limit is None else elapsed >= limit
        timestep = TimeStep(
            observation=moved.observation,
            reward=moved.reward,
            terminated=moved.terminated,
            truncated=cut & ~moved.terminated,
            first=fresh,
            legal=moved.legal,
        )
        return VectorState(inner, elapsed, timestep.done, keys[0]), timestep

    def _step_or_reset(
        self, state: Any, action: jax.Array, key: jax.Array, reset: jax.Array
    ) -> tuple[Any, Transition, jax.Array]:
        """Compute both outcomes for one environment and keep the one that applies."""
        moved = self.dynamics.step(state, action, key)
        begun, observation, legal = self._reset(key)
        begun_as_transition = Transition(
            begun,
            observation,
            jnp.zeros_like(moved.reward),
            jnp.zeros_like(moved.terminated),
            legal,
        )
        chosen = jax.tree.map(lambda a, b: jnp.where(reset, a, b), begun_as_transition, moved)
        return chosen.state, chosen, reset

    def _reset(self, key: jax.Array) -> tuple[Any, Any, jax.Array | None]:
        """Return state, observation and legal actions that an episode begins with."""
        state, observation = self.dynamics.reset(key)
        if not self.spec.has_mask:
            return state, observation, None
        observation, legal = observation
        return state, observation, legal
