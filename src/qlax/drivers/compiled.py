"""Environment, replay and learning as one program."""

import functools
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
    as_report,
    first_statistics,
    interrupted,
    keys,
    learn,
    nothing_seen,
    observe,
    observe_and_learn,
    resumed_env_key,
    summarise,
)
from qlax.envs.core import AsyncEnv, CompiledEnv, OutsideEnv, TimeStep

_LONGEST_STRETCH = 100_000_000
"""Iterations that a program is told to do at once: what numbers them is int32."""


class CompiledDriver:
    """Runs an agent in a compiled environment.

    With `side_by_side`, the runs of any number of seeds are mapped over in the same program, and
    every leaf of their state has the seeds as its first axis.
    """

    def __init__(self, agent: Agent, env: CompiledEnv, *, side_by_side: bool = False) -> None:
        self.agent = agent
        self.env = env
        self.side_by_side = side_by_side
        init: Any = self._begun if isinstance(env, OutsideEnv) else self._init
        advance = self._advance
        summary = functools.partial(summarise, agent)
        if side_by_side:
            init, summary = jax.vmap(init), jax.vmap(summary)
            advance = jax.vmap(advance, in_axes=(0, None, None))
        self._jitted_init: Any = jax.jit(init, compiler_options=quickly())
        self._jitted_summary: Any = jax.jit(summary)
        self._jitted_advance: Any = jax.jit(advance, donate_argnums=0)
        self._compiled_advance: Any = None

    def init(self, seeds: Sequence[int]) -> LoopState:
        """Return the state before the first step."""
        numbers = np.asarray(seeds, np.uint32)
        state: LoopState
        if isinstance(self.env, OutsideEnv):
            env_key, _ = keys(numbers[0])
            self._compiled_advance = None  # it may be of environments that are gone now
            state = self._jitted_init(numbers[0], *self.env.init(env_key))
            return state
        state = self._jitted_init(numbers if self.side_by_side else numbers[0])
        return state

    def compile(self, state: LoopState, options: Options | None = None) -> None:
        """Compile the loop for states like this one, with the compiler's options if there are."""
        bounds = (np.int32(0), np.int32(0))
        self._compiled_advance = self._jitted_advance.lower(state, *bounds).compile(options)

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
        summary, statistics = self._jitted_summary(state)
        summary = jax.device_get(summary)
        summaries = _split(summary) if self.side_by_side else [summary]
        return [as_report(one) for one in summaries], state.replace(statistics=statistics)

    def shape(self, seed: int) -> LoopState:
        """Return the shapes and dtypes of the state of a single seed."""
        shapes: LoopState
        if isinstance(self.env, OutsideEnv):
            nothing = nothing_seen(self.env.spec, self.env.num_envs)
            shapes = jax.eval_shape(self._begun, jnp.uint32(seed), (), nothing)
        else:
            shapes = jax.eval_shape(self._init, jnp.uint32(seed))
        return shapes

    def split(self, state: LoopState) -> list[LoopState]:
        """Return the state of each seed by itself, to be saved; of the outside, nothing can be."""
        if isinstance(self.env, OutsideEnv):
            return [state.replace(env=())]
        return _split(state) if self.side_by_side else [state]

    def join(self, states: Sequence[LoopState]) -> LoopState:
        """Return saved states as one: a run goes on as if it had never stopped.

        Environments outside begin new episodes, as those on the host do.
        """
        if isinstance(self.env, OutsideEnv):
            env_key = resumed_env_key(states[0])
            # Given away, not copied: a replay may be larger than what memory is left.
            cut: Any = jax.jit(functools.partial(interrupted, self.agent), donate_argnums=0)
            resumed: LoopState = cut(states[0])
            return resumed.replace(env=self.env.reopened(env_key))
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

    def _init(self, seed: jax.Array) -> LoopState:
        env_key, _ = keys(seed)
        return self._begun(seed, *self.env.init(env_key))

    def _begun(self, seed: jax.Array, env_state: Any, timestep: TimeStep) -> LoopState:
        _, agent_key = keys(seed)
        train_state = self.agent.init(agent_key, self.env.spec, timestep)
        return LoopState(train_state, env_state, timestep, first_statistics(self.env.num_envs))

    def _advance(self, state: LoopState, start: jax.Array, stop: jax.Array) -> LoopState:
        after: LoopState = jax.lax.fori_loop(start, stop, self._iteration, state)
        return after

    def _iteration(self, iteration: jax.Array, state: LoopState) -> LoopState:
        action, state = act(self.agent, state)
        if isinstance(self.env, AsyncEnv):
            return self._meanwhile(self.env, iteration, state, action)
        env_state, timestep = self.env.step(state.env, action)
        due = self.agent.updates_due(iteration + 1)
        return observe_and_learn(self.agent, state.replace(env=env_state), action, timestep, due)

    def _meanwhile(
        self, env: AsyncEnv, iteration: jax.Array, state: LoopState, action: jax.Array
    ) -> LoopState:
        """Learn between sending actions and receiving what they led to."""
        sent = env.send(state.env, action)
        due = jnp.where(iteration > 0, self.agent.updates_due(iteration), 0)
        state = learn(self.agent, state, _after(sent, due))
        env_state, timestep = env.receive(_after(state.statistics.learning, sent))
        return observe(self.agent, state.replace(env=env_state), action, timestep)


def _after(before: Any, tree: Any) -> Any:
    """Return a tree as it is, but with no array that a program can have before another tree.

    What is outside of a program is ordered by the data that goes in and out, and by nothing else:
    XLA removes its barriers before it puts a CPU's work in order. The condition here never holds,
    but that takes knowing more of floating-point numbers than XLA does.
    """
    known = [leaf for leaf in jax.tree.leaves(before) if not _is_key(leaf)]
    number = sum(jnp.ravel(leaf)[0].astype(jnp.float32) for leaf in known)
    never = number - number > 0.0
    return jax.tree.map(
        lambda leaf: leaf if _is_key(leaf) else jnp.where(never, jnp.zeros_like(leaf), leaf), tree
    )


def _is_key(leaf: Any) -> bool:
    return bool(jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key))


def _split(tree: Any) -> list[Any]:
    """Return the entries of a tree's first axis, as host arrays where they can be."""

    def on_host(leaf: Any) -> Any:
        return leaf if _is_key(leaf) else np.asarray(leaf)

    tree = jax.tree.map(on_host, tree)
    seeds = jax.tree.leaves(tree)[0].shape[0]
    return [jax.tree.map(lambda leaf, i=index: leaf[i], tree) for index in range(seeds)]
