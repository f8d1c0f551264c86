"""The compiled loop of the host driver, one step at a time."""

from typing import Any

import jax
import numpy as np

from qlax.agent import Agent
from qlax.compilation import keep_compiled_programs, quickly
from qlax.drivers.core import LoopState, MetricsRow, begun, nothing_seen, on_host
from qlax.drivers.programs import Happened, Programs
from qlax.drivers.reporting import Reporter
from qlax.envs.core import TimeStep
from qlax.runs.ram import require_ram
from qlax.silence import warnings_ignored
from qlax.spaces import EnvSpec
from qlax.starting import Start
from qlax.states import ActingParams


class Loop:
    """The state of an agent and its replay, and the programs that change it."""

    def __init__(self, agent: Agent, spec: EnvSpec, seed: int, start: Start | None = None) -> None:
        keep_compiled_programs()
        self._agent = agent
        self._seed = np.uint32(seed)
        self.start = start
        self._init: Any = jax.jit(
            lambda seed, timestep: begun(agent, spec, seed, timestep), compiler_options=quickly()
        )
        nothing = nothing_seen(spec, agent.num_envs)
        self.like: LoopState = jax.eval_shape(self._init, self._seed, nothing)
        require_ram(agent, self.like, 1)
        self._programs = Programs.compiled(agent, self.like)
        self._report = Reporter(agent)
        self._packed: Any = None
        self._action: Any = None
        self.iteration = 0

    @property
    def has_begun(self) -> bool:
        """Whether there is a state."""
        return self._packed is not None

    @property
    def action(self) -> np.ndarray:
        """The action for what was shown last, numbered from zero, int32, shape [N]."""
        self._action = np.asarray(self._action)  # waits for the program that chooses it
        action: np.ndarray = self._action
        return action

    def begin(self, timestep: TimeStep) -> None:
        """Make the state, and choose the first action."""
        state = self._init(self._seed, timestep)
        if self.start is not None:
            state = self.start.put_into(self._agent, state)
        self._action, self._packed = self._programs.begin(state)

    def turn(self, taken: np.ndarray, timestep: TimeStep) -> None:
        """Learn from an action and what it led to, and choose the next action."""
        due = self._agent.updates_due(self.iteration + 1)
        program = self._programs.learn if due else self._programs.watch
        self._action, self._packed = program(self._packed, Happened.of(taken, timestep))
        self.iteration += 1

    def updates(self) -> int:
        """Return how many updates there were."""
        return int(self._programs.updates(self._packed)) if self.has_begun else 0

    def policy_params(self) -> ActingParams:
        """Return what the policy acts with, as copies on the host."""
        params: ActingParams = on_host(self._programs.policy(self._packed))
        return params

    def metrics(self) -> MetricsRow:
        """Return what happened since the last call."""
        rows, state = self._report(self.lend())
        self.take(state)
        return rows[0]

    def lend(self) -> LoopState:
        """Return the state itself, without a copy; `take` gives it back."""
        state: LoopState = self._programs.end(self._packed)
        return state

    def take(self, state: LoopState) -> None:
        """Go on from a state, after the action that was chosen for it."""
        with warnings_ignored("Some donated buffers were not usable"):
            self._packed = self._programs.pack(state)

    def restore(self, state: LoopState, action: np.ndarray) -> None:
        """Go on from a saved state, and the action that had been chosen for it."""
        self._action = action
        self.take(state)
