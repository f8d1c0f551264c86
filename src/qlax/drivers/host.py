"""The same loop around an environment that runs in Python."""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qlax.agent import Agent
from qlax.compilation import quickly
from qlax.drivers.core import (
    LoopState,
    MetricsRow,
    act,
    first_statistics,
    interrupted,
    keys,
    learn,
    nothing_seen,
    observe,
    on_host,
    resumed_env_key,
)
from qlax.drivers.packing import Packed, Packing
from qlax.drivers.reporting import Reporter
from qlax.envs.core import HostEnv, TimeStep
from qlax.errors import EnvironmentFailure
from qlax.precision import computes_in_32_bits
from qlax.silence import warnings_ignored
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
        self._programs: _Programs | None = None
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
        action = jax.ShapeDtypeStruct((self.env.num_envs,), jnp.int32)
        packing = Packing((action, state))

        def begin(state: LoopState) -> tuple[jax.Array, Packed]:
            action, state = act(self.agent, state)
            return action, packing.pack((action, state))

        def turn(packed: Packed, seen: _Seen, *, updates: int) -> tuple[jax.Array, Packed]:
            action, state = packing.unpack(packed)
            state = learn(self.agent, observe(self.agent, state, action, seen.timestep()), updates)
            action, state = act(self.agent, state)
            return action, packing.pack((action, state))

        def last(packed: Packed, seen: _Seen, updates: jax.Array) -> Packed:
            action, state = packing.unpack(packed)
            state = learn(self.agent, observe(self.agent, state, action, seen.timestep()), updates)
            return packing.pack((action, state))

        def end(packed: Packed) -> LoopState:
            state: LoopState = packing.unpack(packed)[1]
            return state

        packed = jax.eval_shape(begin, state)[1]
        seen = _Seen.of(jax.tree.map(np.asarray, state.timestep))

        def compiled(program: Any, *inputs: Any) -> Any:
            return jax.jit(program, donate_argnums=0).lower(*inputs).compile()

        # Donation is for the large buffers; that the small ones change shape is the point.
        with warnings_ignored("Some donated buffers were not usable"):
            self._programs = _Programs(
                begin=compiled(begin, state),
                watch=compiled(functools.partial(turn, updates=0), packed, seen),
                learn=compiled(functools.partial(turn, updates=self.agent.updates), packed, seen),
                last=compiled(last, packed, seen, np.int32(0)),
                end=compiled(end, packed),
            )

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
                seen = _Seen.of(self._step(np.asarray(action)))
                updates = int(self.agent.updates_due(iteration + 1))
                if iteration + 1 == stop:
                    packed = programs.last(packed, seen, np.int32(updates))
                elif updates:
                    action, packed = programs.learn(packed, seen)
                else:
                    action, packed = programs.watch(packed, seen)
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
        _, agent_key = keys(seed)
        timestep = jax.tree.map(jnp.asarray, timestep)
        train_state = self.agent.init(agent_key, self.env.spec, timestep)
        return LoopState(train_state, (), timestep, first_statistics(self.env.num_envs))


class _Programs(NamedTuple):
    """What a stretch is made of.

    Whatever can be known before a program runs is compiled in: a condition inside it costs more
    than a small agent's act.
    """

    begin: Any
    """LoopState → the first action, and the state packed."""
    watch: Any
    """The packed state and what was seen → the next action, and the packed state."""
    learn: Any
    """The same with the updates of a learning phase."""
    last: Any
    """The packed state, what was seen, and how many updates are due → the packed state.

    It chooses no action: acting draws random numbers, and must not happen for an iteration that
    a later stretch, or a resumed run, will begin itself.
    """
    end: Any
    """The packed state → LoopState."""


class _Seen(NamedTuple):
    """A time step on its way into a program, in few arrays."""

    observation: Any
    legal: np.ndarray | None
    outcome: np.ndarray
    """Reward, terminated, truncated, first: float32, shape [4, N]."""

    @classmethod
    def of(cls, timestep: TimeStep) -> "_Seen":
        outcome = np.array(
            [timestep.reward, timestep.terminated, timestep.truncated, timestep.first], np.float32
        )
        return cls(timestep.observation, timestep.legal, outcome)

    def timestep(self) -> TimeStep:
        reward, terminated, truncated, first = self.outcome
        return TimeStep(
            self.observation, reward, terminated > 0, truncated > 0, first > 0, self.legal
        )
