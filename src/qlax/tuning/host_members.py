"""A trial in an environment on the host: its seeds in environments of their own, turn by turn."""

import math
from collections.abc import Callable, Sequence

import jax
import numpy as np

from qlax.agent import Agent
from qlax.drivers import Driver, LoopState, driver_for
from qlax.envs.closing import close
from qlax.envs.core import HostEnv
from qlax.envs.select import Selected, select
from qlax.envs.source import Source
from qlax.evaluation.core import LONGEST, may_go_on_for_ever, original, play_episodes
from qlax.policy import Policy
from qlax.runs.pace import Pace
from qlax.tuning.members import Halted


class HostMembers:
    """The seeds of one trial; between two evaluations each is trained in its turn."""

    def __init__(
        self,
        source: Source,
        backend: str,
        agent: Agent,
        own: Agent,
        seeds: Sequence[int],
        episodes: int,
        halted: Callable[[], bool],
    ) -> None:
        """Open the environments, and begin.

        Args:
            source: The environment.
            backend: What runs it.
            agent: The agent, with schedules as long as the run.
            own: The agent as it is given to the finished policy.
            seeds: The seeds.
            episodes: Greedy episodes of an evaluation.
            halted: Whether the search is to stop.
        """
        self._source, self._own, self._seeds = source, own, list(seeds)
        self._episodes, self._halted = episodes, halted
        self._pace, self._iteration, self._is_left = Pace(), 0, True
        self._opened: list[Selected] = []
        self._evaluated_in: HostEnv | None = None
        self._drivers: list[Driver] = []
        self._states: list[LoopState] = []
        try:
            for seed in seeds:
                options = {"num_envs": agent.num_envs, "backend": backend}
                selected = select(source, time_limit=agent.time_limit, **options)  # type: ignore[arg-type]
                self._opened.append(selected)
                driver = driver_for(selected.kind, agent, selected.env)
                self._drivers.append(driver)
                self._states.append(driver.init([seed]))
        except BaseException:
            self.close()
            raise

    def advance(self, iteration: int) -> None:
        """Train every seed to an iteration."""
        for at, driver in enumerate(self._drivers):
            done = self._iteration
            while done < iteration:
                if self._halted():
                    raise Halted
                until = min(iteration, done + self._pace.iterations)
                with self._pace.measuring(until - done):
                    self._states[at] = driver.advance(self._states[at], done, until)
                    jax.block_until_ready(self._states[at].statistics)
                done = until
        self._iteration = iteration

    def scores(self, episodes: int | None = None) -> np.ndarray:
        """Return the mean return of greedy episodes, `[1, seeds]`; NaN of what diverged."""
        if not self._is_left:
            return np.empty((0, len(self._seeds)))
        return np.asarray([[self._score(at, episodes) for at in range(len(self._seeds))]])

    def _score(self, at: int, episodes: int | None) -> float:
        driver, state = self._drivers[at], self._states[at]
        if not math.isfinite(float(state.statistics.learning["loss"])):
            return math.nan
        (params,) = driver.policies(state)
        policy = Policy(self._own, self._source.spec, params, self._source.origin)
        seed = np.random.SeedSequence([self._seeds[at], 0x7E57, self._iteration])
        count = episodes or self._episodes
        played = play_episodes(policy, self._env(), count, int(seed.generate_state(1)[0]))
        return played.mean

    def _env(self) -> HostEnv:
        if self._evaluated_in is None:
            limit = LONGEST if may_go_on_for_ever(self._source) else None
            count = min(self._episodes, self._own.num_envs)
            self._evaluated_in = original(self._source, count, limit)
        return self._evaluated_in

    def keep(self, trials: Sequence[int]) -> None:
        """Go on with the trial, or with none."""
        self._is_left = bool(trials)
        if not trials:
            self.close()

    def close(self) -> None:
        """Close the environments."""
        for selected in self._opened:
            close(selected.env)
        if self._evaluated_in is not None:
            close(self._evaluated_in)
        self._opened, self._evaluated_in, self._drivers, self._states = [], None, [], []
