"""Environment, replay and learning as one program."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.agent import Agent
from qlax.compilation import Options, quickly
from qlax.drivers.core import (
    LoopState,
    MetricsRow,
    act,
    first_statistics,
    keys,
    learn,
    observe,
    on_host,
)
from qlax.drivers.reporting import Reporter
from qlax.envs.core import CompiledEnv, TimeStep
from qlax.precision import computes_in_32_bits
from qlax.states import ActingParams

_LONGEST_STRETCH = 100_000_000
"""Iterations that a program is told to do at once: what numbers them is int32."""


@computes_in_32_bits
class CompiledDriver:
    """Runs an agent in a compiled environment.

    With `side_by_side`, the runs of any number of seeds are mapped over in the same program, and
    every leaf of their state has the seeds as its first axis.
    """

    def __init__(self, agent: Agent, env: CompiledEnv, *, side_by_side: bool = False) -> None:
        self.agent = agent
        self.env = env
        self.side_by_side = side_by_side
        init, advance = self.begin, self.iterate
        self._policy: Any = agent.policy_params
        if side_by_side:
            init, self._policy = jax.vmap(init), jax.vmap(self._policy)
            advance = jax.vmap(advance, in_axes=(0, None, None))
        self._jitted_init: Any = jax.jit(init, compiler_options=quickly())
        self._report = Reporter(agent, side_by_side=side_by_side)
        self._jitted_advance: Any = jax.jit(advance, donate_argnums=0)
        self._compiled_advance: Any = None

    def init(self, seeds: Sequence[int]) -> LoopState:
        """Return the state before the first step."""
        numbers = np.asarray(seeds, np.uint32)
        state: LoopState = self._jitted_init(numbers if self.side_by_side else numbers[0])
        return state

    def compile(self, state: LoopState, options: Options | None = None) -> None:
        """Compile the loop for states like this one, with the compiler's options if there are."""
        bounds = (np.int32(0), np.int32(0))
        self._compiled_advance = self._jitted_advance.lower(state, *bounds).compile(options)
        self._report.compile(state)

    def advance(self, state: LoopState, start: int, stop: int) -> LoopState:
        """Return the state after iterations start … stop − 1; the old one is used up."""
        if self._compiled_advance is None:
            self.compile(state)
        while start < stop:
            first, length = self._as_early(start), min(stop - start, _LONGEST_STRETCH)
            state = self._compiled_advance(state, np.int32(first), np.int32(first + length))
            start += length
        return state

    def report(self, state: LoopState) -> tuple[list[MetricsRow], LoopState]:
        """Return what happened since the last report, for each seed, and the state to go on."""
        return self._report(state)

    def policies(self, state: LoopState) -> list[ActingParams]:
        """Return what the policy of each seed acts with so far, as copies on the host."""
        params = on_host(self._policy(state.agent.learner))
        return _split(params) if self.side_by_side else [params]

    def shape(self, seed: int) -> LoopState:
        """Return the shapes and dtypes of the state of a single seed."""
        shapes: LoopState = jax.eval_shape(self.begin, jnp.uint32(seed))
        return shapes

    def split(self, state: LoopState) -> list[LoopState]:
        """Return the state of each seed by itself, to be saved."""
        return _split(state) if self.side_by_side else [state]

    def join(self, states: Sequence[LoopState]) -> LoopState:
        """Return saved states as one: a run goes on as if it had never stopped."""
        if not self.side_by_side:
            return states[0]
        joined: LoopState = jax.tree.map(lambda *leaves: jnp.stack(leaves), *states)
        return joined

    def _as_early(self, iteration: int) -> int:
        """Return the first iteration from which on updates fall due as they do from this one.

        A program numbers iterations in int32: what it is told must not grow with the run.
        """
        agent = self.agent
        ready = max(agent.first_learning, 1)
        return min(iteration, ready + (iteration - ready) % agent.update_every)

    def begin(self, seed: jax.Array) -> LoopState:
        """Return what `init` does for one seed; pure, to be a part of other programs."""
        env_key, _ = keys(seed)
        return self._begun(seed, *self.env.init(env_key))

    def _begun(self, seed: jax.Array, env_state: Any, timestep: TimeStep) -> LoopState:
        _, agent_key = keys(seed)
        train_state = self.agent.init(agent_key, self.env.spec, timestep)
        return LoopState(train_state, env_state, timestep, first_statistics(self.env.num_envs))

    def iterate(self, state: LoopState, start: jax.Array, stop: jax.Array) -> LoopState:
        """Return what `advance` does for one seed; pure likewise."""
        after: LoopState = jax.lax.fori_loop(start, stop, self._iteration, state)
        return after

    def _iteration(self, iteration: jax.Array, state: LoopState) -> LoopState:
        action, state = act(self.agent, state)
        env_state, timestep = self.env.step(state.env, action)
        due = self.agent.updates_due(iteration + 1)
        state = observe(self.agent, state.replace(env=env_state), action, timestep)
        return learn(self.agent, state, due)


def is_key(leaf: Any) -> bool:
    """Return whether an array is of random keys, which are no numbers."""
    return bool(jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key))


def _split(tree: Any) -> list[Any]:
    """Return the entries of a tree's first axis, as host arrays where they can be."""

    def on_host(leaf: Any) -> Any:
        return leaf if is_key(leaf) else np.asarray(leaf)

    tree = jax.tree.map(on_host, tree)
    seeds = jax.tree.leaves(tree)[0].shape[0]
    return [jax.tree.map(lambda leaf, i=index: leaf[i], tree) for index in range(seeds)]
