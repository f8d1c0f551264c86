"""Trials under way together: every seed of each is advanced from one evaluation to the next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from qlax.agent import Agent
from qlax.drivers import LoopState
from qlax.runs.pace import Pace
from qlax.tuning.data import Numbers
from qlax.tuning.programs import Program


class Halted(Exception):  # noqa: N818
    """The search is to stop before these trials have ended."""


class Members(Protocol):
    """The seeds of one or more trials."""

    def advance(self, iteration: int) -> None:
        """Train all to an iteration.

        Raises:
            Halted: if the search is to stop.
            EnvironmentFailure: if the environment fails.
        """
        ...

    def scores(self, episodes: int | None = None) -> np.ndarray:
        """Return the mean return of greedy episodes, `[trials, seeds]`; NaN of what diverged."""
        ...

    def keep(self, trials: Sequence[int]) -> None:
        """Go on with some of the trials only, by their places among those that are left."""
        ...

    def close(self) -> None:
        """Release what is open."""
        ...


@dataclass
class _Chunk:
    """Members that a program advances at once."""

    who: list[int]
    """Each one's number; where there are fewer than the program's width, the last repeats."""
    numbers: Numbers
    seeds: np.ndarray
    state: LoopState


class CompiledMembers:
    """The seeds of trials that share a program, in as few calls as they fit into."""

    def __init__(
        self,
        program: Program,
        agents: Sequence[Agent],
        seeds: Sequence[int],
        episodes: int,
        halted: Callable[[], bool],
    ) -> None:
        """Begin.

        Args:
            program: The program that they share.
            agents: The agent of each trial, with schedules as long as the run.
            seeds: The seeds of each.
            episodes: Greedy episodes of an evaluation.
            halted: Whether the search is to stop.
        """
        self._program, self._episodes, self._halted = program, episodes, halted
        self._agents = list(agents)
        self._trials = list(range(len(agents)))
        self._seeds = list(seeds)
        self._pace, self._iteration = Pace(), 0
        members = range(len(agents) * len(seeds))
        self._chunks = [self._begun(who) for who in _cut(list(members), program.width)]

    def _begun(self, who: list[int]) -> _Chunk:
        each = len(self._seeds)
        numbers = self._program.numbers_of([self._agents[one // each] for one in who])
        seeds = np.asarray([self._seeds[one % each] for one in who], np.uint32)
        return _Chunk(who, numbers, seeds, self._program.init(numbers, seeds))

    def advance(self, iteration: int) -> None:
        """Train all to an iteration, looking now and then whether the search is to stop."""
        for chunk in self._chunks:
            at = self._iteration
            while at < iteration:
                if self._halted():
                    raise Halted
                until = min(iteration, at + self._pace.iterations)
                with self._pace.measuring(until - at):
                    chunk.state = self._program.advance(chunk.numbers, chunk.state, at, until)
                    jax.block_until_ready(chunk.state.statistics)
                at = until
        self._iteration = iteration

    def scores(self, episodes: int | None = None) -> np.ndarray:
        """Return the mean return of greedy episodes, `[trials, seeds]`; NaN of what diverged."""
        found: dict[int, float] = {}
        env_steps = self._iteration * self._agents[0].num_envs
        for chunk in self._chunks:
            count = episodes or self._episodes
            returns = self._program.play(chunk.numbers, chunk.state, chunk.seeds, env_steps, count)
            loss = np.asarray(chunk.state.statistics.learning["loss"])
            means = np.where(np.isfinite(loss), returns.mean(axis=1), np.nan)
            found |= dict(zip(chunk.who, means.tolist(), strict=True))
        each = len(self._seeds)
        return np.asarray([[found[t * each + s] for s in range(each)] for t in self._trials])

    def keep(self, trials: Sequence[int]) -> None:
        """Go on with some of the trials only; chunks are filled anew if that saves one."""
        self._trials = [self._trials[at] for at in trials]
        each = len(self._seeds)
        members = [trial * each + seed for trial in self._trials for seed in range(each)]
        self._chunks = [chunk for chunk in self._chunks if set(chunk.who) & set(members)]
        wanted = _cut(members, self._program.width)
        if len(wanted) < len(self._chunks):
            self._chunks = self._refilled(wanted)

    def _refilled(self, wanted: list[list[int]]) -> list[_Chunk]:
        places = [member for chunk in self._chunks for member in chunk.who]
        numbers = _joined([chunk.numbers for chunk in self._chunks])
        seeds = np.concatenate([chunk.seeds for chunk in self._chunks])
        state = _joined([chunk.state for chunk in self._chunks])
        made = []
        for who in wanted:
            at = np.asarray([places.index(member) for member in who])
            taken = _taken((numbers, state), at)
            made.append(_Chunk(who, taken[0], seeds[at], taken[1]))
        return made

    def close(self) -> None:
        """Let go of the states."""
        self._chunks = []


def _cut(members: list[int], width: int) -> list[list[int]]:
    """Return members in groups of a width; the last one's last member fills it up."""
    groups = [members[at : at + width] for at in range(0, len(members), width)]
    return [group + group[-1:] * (width - len(group)) for group in groups]


def _joined(trees: Sequence[Any]) -> Any:
    return jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *trees)


def _taken(tree: Any, at: np.ndarray) -> Any:
    return jax.tree.map(lambda leaf: leaf[at], tree)
