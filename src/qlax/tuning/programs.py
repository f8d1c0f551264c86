"""One compiled program for agents that differ in numbers: any trials, any seeds, side by side."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.agent import Agent
from qlax.compilation import Options, quickly
from qlax.drivers import CompiledDriver, LoopState
from qlax.envs.core import CompiledEnv
from qlax.evaluation.compiled import Played
from qlax.evaluation.trials import greedily
from qlax.precision import computes_in_32_bits
from qlax.tuning.data import Kinds, Numbers, begun_with, data_in, numbers_of, with_data
from qlax.tuning.ranges import Range

Environments = Callable[[int], CompiledEnv]
"""Opens so many environments to evaluate in."""


@computes_in_32_bits
class Program:
    """Trains and evaluates `width` members at once; each has its numbers and its seed."""

    def __init__(
        self,
        agent: Agent,
        env: CompiledEnv,
        environments: Environments,
        ranges: dict[str, Range],
        width: int,
        *,
        single_threaded: bool,
    ) -> None:
        """Trace it.

        Args:
            agent: An agent of the search, with schedules as long as the run.
            env: The environments of training.
            environments: Those of evaluation.
            ranges: What is searched: its numbers become data where they can.
            width: Members side by side.
            single_threaded: Whether other programs run in other threads.
        """
        self._agent, self._env, self._environments = agent, env, environments
        self.width = width
        self._options = _on_one_thread() if single_threaded else None
        self.kinds: Kinds = data_in(agent, ranges, self._all_of_it)
        self._init: Any = jax.jit(jax.vmap(self._begin), compiler_options=quickly())
        mapped = jax.vmap(self._iterate, in_axes=(0, 0, None, None))
        self._jitted_advance: Any = jax.jit(mapped, donate_argnums=1)
        self._advance: Any = None
        self._plays: dict[int, Any] = {}
        self._lock = threading.Lock()

    def numbers_of(self, agents: Sequence[Agent]) -> Numbers:
        """Return the numbers of the members' agents, arrays of shape `[width]`."""
        found = [numbers_of(agent, self.kinds) for agent in agents]
        return {path: jnp.stack([one[path] for one in found]) for path in self.kinds}

    def init(self, numbers: Numbers, seeds: np.ndarray) -> LoopState:
        """Return the members' states before the first step."""
        state: LoopState = self._init(numbers, seeds)
        return state

    def advance(self, numbers: Numbers, state: LoopState, start: int, stop: int) -> LoopState:
        """Return their states after iterations start … stop − 1; the old ones are used up."""
        with self._lock:
            if self._advance is None:
                bounds = np.int32(0), np.int32(0)
                lowered = self._jitted_advance.lower(numbers, state, *bounds)
                self._advance = lowered.compile(self._options)
        after: LoopState = self._advance(numbers, state, np.int32(start), np.int32(stop))
        return after

    def play(
        self, numbers: Numbers, state: LoopState, seeds: np.ndarray, env_steps: int, episodes: int
    ) -> np.ndarray:
        """Return the returns of greedy episodes, `[width, episodes]`."""
        with self._lock:
            if episodes not in self._plays:
                env = self._environments(episodes)
                mapped = jax.vmap(self._episodes_in(env), in_axes=(0, 0, 0, None))
                self._plays[episodes] = jax.jit(mapped, compiler_options=quickly())
            program = self._plays[episodes]
        moment = np.uint32(env_steps & 0xFFFFFFFF)
        played: Played = program(numbers, state.agent.learner, seeds, moment)
        return np.asarray(played.returns, np.float64)

    def shape(self) -> LoopState:
        """Return the shapes and dtypes of one member's state."""
        return CompiledDriver(self._agent, self._env).shape(0)

    def _begin(self, numbers: Numbers, seed: jax.Array) -> LoopState:
        return begun_with(self._driver(numbers).begin(seed), numbers)

    def _iterate(
        self, numbers: Numbers, state: LoopState, start: jax.Array, stop: jax.Array
    ) -> LoopState:
        return self._driver(numbers).iterate(state, start, stop)

    def _driver(self, numbers: Numbers) -> CompiledDriver:
        return CompiledDriver(with_data(self._agent, numbers), self._env)

    def _episodes_in(self, env: CompiledEnv) -> Callable[..., Played]:
        def episodes(
            numbers: Numbers, learner: Any, seed: jax.Array, env_steps: jax.Array
        ) -> Played:
            return greedily(with_data(self._agent, numbers), env)(learner, seed, env_steps)

        return episodes

    def _all_of_it(self, agent: Agent) -> Any:
        """Do everything once, to be traced."""
        driver, seed = CompiledDriver(agent, self._env), jnp.uint32(0)
        state = driver.iterate(driver.begin(seed), jnp.int32(0), jnp.int32(1))
        env = self._environments(1)
        return state, greedily(agent, env)(state.agent.learner, seed, seed)


def _on_one_thread() -> Options | None:
    """Return compiler options for a program beside which others run; None if there are none.

    Small programs that share XLA's threads wait for one another more than they work.
    """
    options: Options = {"xla_cpu_multi_thread_eigen": False}
    try:
        jax.jit(lambda: 0, compiler_options=options).lower().compile()
    except jax.errors.JaxRuntimeError:
        return None
    return options
