"""Environment, replay and learning as one program."""

from typing import Any

import jax
import jax.numpy as jnp

from qlax.agent import Agent
from qlax.drivers.core import (
    LoopState,
    first_statistics,
    keys,
    observe_and_learn,
    since_report,
)
from qlax.envs.core import CompiledEnv


class CompiledDriver:
    """Runs an agent in a compiled environment; with `num_seeds`, that many runs side by side.

    Runs of several seeds are mapped over in the same program. Every leaf of their state has the
    seeds as its first axis.
    """

    def __init__(self, agent: Agent, env: CompiledEnv, num_seeds: int | None = None) -> None:
        self.agent = agent
        self.env = env
        self.num_seeds = num_seeds
        init, advance = self._init, self._advance
        if num_seeds is not None:
            init = jax.vmap(init)
            advance = jax.vmap(advance, in_axes=(0, None, None))
        self._jitted_init = jax.jit(init)
        self._jitted_advance: Any = jax.jit(advance, donate_argnums=0)
        self._compiled_advance: Any = None

    def init(self, seed: int | jax.Array) -> LoopState:
        """Return the state of a run before its first step; of several for an array of seeds."""
        return self._jitted_init(jnp.asarray(seed, jnp.uint32))  # type: ignore[no-any-return]

    def shape(self, seed: int | jax.Array) -> LoopState:
        """Return the shapes and dtypes of what `init` would return."""
        return jax.eval_shape(self._jitted_init, jnp.asarray(seed, jnp.uint32))  # type: ignore[no-any-return]

    def compile(self, state: LoopState) -> None:
        """Compile the loop for states like this one."""
        bounds = (jnp.int32(0), jnp.int32(0))
        self._compiled_advance = self._jitted_advance.lower(state, *bounds).compile()

    def advance(self, state: LoopState, start: int, stop: int) -> LoopState:
        """Return the state after iterations start … stop − 1; the old one is used up."""
        if self._compiled_advance is None:
            self.compile(state)
        return self._compiled_advance(state, jnp.int32(start), jnp.int32(stop))  # type: ignore[no-any-return]

    def resume(self, state: LoopState) -> LoopState:
        """Return the state itself: a compiled run is all in it."""
        return state

    def _init(self, seed: jax.Array) -> LoopState:
        env_key, agent_key = keys(seed)
        env_state, timestep = self.env.init(env_key)
        train_state = self.agent.init(agent_key, self.env.spec, timestep)
        return LoopState(train_state, env_state, timestep, first_statistics(self.env.num_envs))

    def _advance(self, state: LoopState, start: jax.Array, stop: jax.Array) -> LoopState:
        state = state.replace(statistics=since_report(state.statistics))  # type: ignore[attr-defined]
        return jax.lax.fori_loop(start, stop, self._iteration, state)

    def _iteration(self, iteration: jax.Array, state: LoopState) -> LoopState:
        action, train_state = self.agent.act(state.agent, state.timestep)
        env_state, timestep = self.env.step(state.env, action)
        state = state.replace(agent=train_state, env=env_state)  # type: ignore[attr-defined]
        return observe_and_learn(self.agent, state, action, timestep, iteration)
