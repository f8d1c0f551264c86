"""The compiled loop around environments that live outside of the program."""

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.agent import Agent
from qlax.compilation import quickly
from qlax.drivers.compiled import CompiledDriver, is_key
from qlax.drivers.core import (
    LoopState,
    act,
    interrupted,
    keys,
    learn,
    nothing_seen,
    observe,
    resumed_env_key,
)
from qlax.envs.core import AsyncEnv, OutsideEnv
from qlax.precision import computes_in_32_bits


@computes_in_32_bits
class OutsideDriver(CompiledDriver):
    """Runs one seed of an agent; the program steps the environments, but does not hold them."""

    env: OutsideEnv

    def __init__(self, agent: Agent, env: OutsideEnv) -> None:
        super().__init__(agent, env)
        self._jitted_begun: Any = jax.jit(self._begun, compiler_options=quickly())

    def init(self, seeds: Sequence[int]) -> LoopState:
        """Return the state before the first step, the environments begun; one seed only."""
        (seed,) = np.asarray(seeds, np.uint32)
        env_key, _ = keys(seed)
        self._compiled_advance = None  # it may be of environments that are gone now
        state: LoopState = self._jitted_begun(seed, *self.env.init(env_key))
        return state

    def shape(self, seed: int) -> LoopState:
        """Return the shapes and dtypes of the state of a single seed."""
        nothing = nothing_seen(self.env.spec, self.env.num_envs)
        shapes: LoopState = jax.eval_shape(self._begun, jnp.uint32(seed), (), nothing)
        return shapes

    def split(self, state: LoopState) -> list[LoopState]:
        """Return the state to be saved: of the environments, nothing can be."""
        return [state.replace(env=())]

    def join(self, states: Sequence[LoopState]) -> LoopState:
        """Return a saved state that goes on with new episodes, as one on the host does."""
        env_key = resumed_env_key(states[0])
        # Given away, not copied: a replay may be larger than what memory is left.
        cut: Any = jax.jit(functools.partial(interrupted, self.agent), donate_argnums=0)
        resumed: LoopState = cut(states[0])
        return resumed.replace(env=self.env.reopened(env_key))


class MeanwhileDriver(OutsideDriver):
    """Learns while the environments take the step that was sent to them."""

    env: AsyncEnv

    def _iteration(self, iteration: jax.Array, state: LoopState) -> LoopState:
        action, state = act(self.agent, state)
        sent = self.env.send(state.env, action)
        due = jnp.where(iteration > 0, self.agent.updates_due(iteration), 0)
        state = learn(self.agent, state, _after(sent, due))
        env_state, timestep = self.env.receive(_after(state.statistics.learning, sent))
        return observe(self.agent, state.replace(env=env_state), action, timestep)


def _after(before: Any, tree: Any) -> Any:
    """Return a tree as it is, but with no array that a program can have before another tree.

    What is outside of a program is ordered by the data that goes in and out, and by nothing else:
    XLA removes its barriers before it puts a CPU's work in order. The condition here never holds,
    but that takes knowing more of floating-point numbers than XLA does.
    """
    known = [leaf for leaf in jax.tree.leaves(before) if not is_key(leaf)]
    number = sum(jnp.ravel(leaf)[0].astype(jnp.float32) for leaf in known)
    never = number - number > 0.0
    return jax.tree.map(
        lambda leaf: leaf if is_key(leaf) else jnp.where(never, jnp.zeros_like(leaf), leaf), tree
    )
