"""The same loop around an environment that runs in Python."""

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.agent import Agent
from qlax.compilation import quickly
from qlax.drivers.core import (
    LoopState,
    MetricsRow,
    begun,
    interrupted,
    nothing_seen,
    on_host,
    resumed_env_key,
)
from qlax.drivers.programs import Happened, Programs
from qlax.drivers.reporting import Reporter
from qlax.envs.core import HostEnv, TimeStep
from qlax.errors import EnvironmentFailure
from qlax.precision import computes_in_32_bits
from qlax.states import ActingParams


@computes_in_32_bits
class HostDriver:
    """Runs an agent in a host environment: observe, learn and the next act are one call."""

    def __init__(self, agent: Agent, env: HostEnv) -> None:
        self.agent = agent
        self.env = env
        self._jitted_init: Any = jax.jit(self._init, compiler_options=quickly())
        self._report = Reporter(agent)
        self._jitted_resume: Any = jax.jit(functools.partial(interrupted, agent), donate_argnums=0)
        self._programs: Programs | None = None
        # The seed of the episodes that a resumed run begins with; None once they have begun.
        self._fresh_seed: int | None = None

    def init(self, seeds: Sequence[int]) -> LoopState:
        """Return the state before the first step, the environments begun; one seed only."""
        (seed,) = seeds
        state: LoopState = self._jitted_init(np.uint32(seed), self.env.reset(seed))
        return state

    def compile(self, state: LoopState) -> None:
        """Compile the programs of `advance` for states like this one."""
        self._report.compile(state)
        self._programs = Programs.compiled(self.agent, state)

    def advance(self, state: LoopState, start: int, stop: int) -> LoopState:
        """Return the state after iterations start … stop − 1; the old one is used up.

        Raises:
            EnvironmentFailure: with the last good state and the iteration that failed.
        """
        if self._programs is None:
            self.compile(state)
        assert self._programs is not None
        programs = self._programs
        iteration = start
        action, packed = programs.begin(state)
        try:
            for iteration in range(start, stop):
                taken = np.asarray(action)
                happened = Happened.of(taken, self._step(taken))
                updates = int(self.agent.updates_due(iteration + 1))
                if iteration + 1 == stop:
                    packed = programs.last(packed, happened, np.int32(updates))
                elif updates:
                    action, packed = programs.learn(packed, happened)
                else:
                    action, packed = programs.watch(packed, happened)
        except EnvironmentFailure as failure:
            failure.loop_state, failure.iteration = programs.end(packed), iteration
            raise
        after: LoopState = programs.end(packed)
        return after

    def report(self, state: LoopState) -> tuple[list[MetricsRow], LoopState]:
        """Return what happened since the last report, and the state to go on from."""
        return self._report(state)

    def policies(self, state: LoopState) -> list[ActingParams]:
        """Return what the policy acts with so far, as copies on the host."""
        return [on_host(self.agent.policy_params(state.agent.learner))]

    def shape(self, seed: int) -> LoopState:
        """Return the shapes and dtypes of the state of a single seed."""
        nothing = nothing_seen(self.env.spec, self.env.num_envs)
        shapes: LoopState = jax.eval_shape(self._init, np.uint32(seed), nothing)
        return shapes

    def split(self, state: LoopState) -> list[LoopState]:
        """Return the state itself: there is one seed."""
        return [state]

    def join(self, states: Sequence[LoopState]) -> LoopState:
        """Return a saved state that goes on with fresh episodes.

        A Python environment cannot be saved: see `interrupted`.
        """
        self._fresh_seed = int(jax.random.bits(resumed_env_key(states[0]), dtype=jnp.uint32)) >> 1
        state: LoopState = self._jitted_resume(states[0])
        return state

    def _step(self, action: np.ndarray) -> TimeStep:
        if self._fresh_seed is None:
            return self.env.step(action)
        seed, self._fresh_seed = self._fresh_seed, None
        return self.env.reset(seed)

    def _init(self, seed: jax.Array, timestep: TimeStep) -> LoopState:
        return begun(self.agent, self.env.spec, seed, timestep)
