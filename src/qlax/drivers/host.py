"""The same loop around an environment that runs in Python."""

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.agent import Agent
from qlax.drivers.core import (
    LoopState,
    Report,
    as_report,
    first_statistics,
    keys,
    observe_and_learn,
    since_report,
    summarise,
)
from qlax.envs.core import HostEnv, TimeStep
from qlax.errors import EnvironmentFailure


class HostDriver:
    """Runs an agent in a host environment: observe, learn and the next act are one call."""

    def __init__(self, agent: Agent, env: HostEnv) -> None:
        self.agent = agent
        self.env = env
        self._jitted_init = jax.jit(self._init)
        self._jitted_begin: Any = jax.jit(self._begin, donate_argnums=0)
        self._jitted_turn: Any = jax.jit(self._turn, donate_argnums=0)
        self._jitted_summary: Any = jax.jit(functools.partial(summarise, agent))
        self._jitted_resume: Any = jax.jit(self._resume, donate_argnums=0)
        self._begin_step: Any = None
        self._turn_step: Any = None
        self._starts_anew = False

    def init(self, seeds: Sequence[int]) -> LoopState:
        """Return the state before the first step, the environments begun; one seed only."""
        (seed,) = seeds
        state: LoopState = self._jitted_init(np.uint32(seed), self.env.reset(seed))
        return state

    def compile(self, state: LoopState) -> None:
        """Compile the two programs of `advance` for states like this one."""
        action = np.zeros(self.env.num_envs, np.int32)
        self._begin_step = self._jitted_begin.lower(state).compile()
        self._turn_step = self._jitted_turn.lower(
            state, action, _on_host(state.timestep), np.int32(0), np.bool_(True)
        ).compile()

    def advance(self, state: LoopState, start: int, stop: int) -> LoopState:
        """Return the state after iterations start … stop − 1; the old one is used up.

        Raises:
            EnvironmentFailure: with the last good state and the iteration that failed.
        """
        if self._turn_step is None:
            self.compile(state)
        action, state = self._begin_step(state)
        for iteration in range(start, stop):
            taken = np.asarray(action)
            timestep = self._step(state, taken, iteration)
            more = np.bool_(iteration + 1 < stop)
            action, state = self._turn_step(state, taken, timestep, np.int32(iteration), more)
        return state

    def report(self, state: LoopState) -> list[Report]:
        """Return what happened in the last stretch."""
        return [as_report(jax.device_get(self._jitted_summary(state)))]

    def shape(self, seed: int) -> LoopState:
        """Return the shapes and dtypes of the state of a single seed."""
        spec, num_envs = self.env.spec.observation, self.env.num_envs
        no = np.zeros(num_envs, bool)
        nothing = TimeStep(
            np.zeros((num_envs, *spec.shape), spec.dtype),
            np.zeros(num_envs, np.float32),
            no,
            no,
            no,
        )
        shapes: LoopState = jax.eval_shape(self._init, np.uint32(seed), nothing)
        return shapes

    def split(self, state: LoopState) -> list[LoopState]:
        """Return the state itself: there is one seed."""
        return [state]

    def join(self, states: Sequence[LoopState]) -> LoopState:
        """Return a saved state that goes on with fresh episodes.

        A Python environment cannot be saved, so the episodes under way count as truncated where
        the checkpoint was made: nothing is learned across the gap.
        """
        self._starts_anew = True
        state: LoopState = self._jitted_resume(states[0])
        return state

    def _step(self, state: LoopState, action: np.ndarray, iteration: int) -> TimeStep:
        try:
            if self._starts_anew:
                self._starts_anew = False
                fresh = self.env.reset(int(state.agent.env_steps))
                no = np.zeros(self.env.num_envs, bool)
                return fresh.replace(reward=np.zeros_like(fresh.reward), terminated=no)
            return self.env.step(action)
        except EnvironmentFailure as failure:
            failure.loop_state, failure.iteration = state, iteration
            raise

    def _init(self, seed: jax.Array, timestep: TimeStep) -> LoopState:
        _, agent_key = keys(seed)
        timestep = jax.tree.map(jnp.asarray, timestep)
        train_state = self.agent.init(agent_key, self.env.spec, timestep)
        return LoopState(train_state, (), timestep, first_statistics(self.env.num_envs))

    def _begin(self, state: LoopState) -> tuple[jax.Array, LoopState]:
        return self._act(state.replace(statistics=since_report(state.statistics)))

    def _act(self, state: LoopState) -> tuple[jax.Array, LoopState]:
        action, train_state = self.agent.act(state.agent, state.timestep)
        return action, state.replace(agent=train_state)

    def _turn(
        self,
        state: LoopState,
        action: jax.Array,
        timestep: TimeStep,
        iteration: jax.Array,
        more: jax.Array,
    ) -> tuple[jax.Array, LoopState]:
        """Finish an iteration and choose the next one's action, if there is one.

        Acting draws random numbers: it must not happen for an iteration that a later call, or
        a resumed run, will begin itself.
        """
        state = observe_and_learn(self.agent, state, action, timestep, iteration)

        def act() -> tuple[jax.Array, dict[str, Any]]:
            next_action, train_state = self.agent.act(state.agent, timestep)
            return next_action, _changed_by_acting(train_state)

        # Only what acting changes passes the conditional: the replay must not be copied.
        next_action, changed = jax.lax.cond(
            more, act, lambda: (action, _changed_by_acting(state.agent))
        )
        return next_action, state.replace(agent=state.agent.replace(**changed))

    def _resume(self, state: LoopState) -> LoopState:
        train_state = state.agent.replace(replay=self.agent.replay.interrupt(state.agent.replay))
        done = jnp.ones(self.env.num_envs, bool)
        timestep = state.timestep.replace(truncated=done & ~state.timestep.terminated)
        return state.replace(agent=train_state, timestep=timestep)


def _changed_by_acting(state: Any) -> dict[str, Any]:
    """Return the only entries of an agent's state that `Agent.act` changes."""
    return {"key": state.key, "explorer": state.explorer}


def _on_host(timestep: TimeStep) -> TimeStep:
    return jax.tree.map(np.asarray, timestep)  # type: ignore[no-any-return]
