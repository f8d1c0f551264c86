"""The rows of metrics: what happened since the last one, in few numbers from a program."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.agent import Agent
from qlax.drivers.core import LoopState, MetricsRow, Statistics, since_report
from qlax.explorers import Clock
from qlax.maths.counting import Count


class Reporter:
    """Makes a row of metrics for each seed of a state, and begins to count anew.

    Numbers leave the program in two arrays: each array that does costs as much as many numbers.
    """

    def __init__(self, agent: Agent, *, side_by_side: bool = False) -> None:
        self._agent = agent
        program: Any = functools.partial(_summarised, agent)
        self._program: Any = jax.jit(jax.vmap(program) if side_by_side else program)
        self._explored: list[str] | None = None

    def compile(self, state: LoopState) -> None:
        """Compile it for states like this one."""
        metrics = jax.eval_shape(self._agent.explorer.metrics, state.agent.actor.clock)
        self._explored = sorted(metrics)
        self._program(*_looked_at(state))  # called, it is quicker to call again than by `lower`

    def __call__(self, state: LoopState) -> tuple[list[MetricsRow], LoopState]:
        """Return a row for each seed, and the state to go on from."""
        if self._explored is None:
            self.compile(state)
        assert self._explored is not None
        counts, sums, statistics = self._program(*_looked_at(state))
        numbers = zip(np.atleast_2d(counts).tolist(), np.atleast_2d(sums).tolist(), strict=True)
        learned = sorted(state.statistics.learning)
        rows = [_row(*one, learned, self._explored) for one in numbers]
        return rows, state.replace(statistics=statistics)


def _looked_at(state: LoopState) -> tuple[Statistics, Clock, Count]:
    return state.statistics, state.agent.actor.clock, state.agent.learner.updates


def _summarised(
    agent: Agent, statistics: Statistics, clock: Clock, updates: Count
) -> tuple[jax.Array, jax.Array, Statistics]:
    """Return the whole numbers and the others of a row, and the statistics to go on with."""
    explored = agent.explorer.metrics(clock)
    counts = [*clock.taken, *updates, statistics.episodes, statistics.updates]
    sums = [
        statistics.return_sum,
        statistics.length_sum,
        *(statistics.learning[name] for name in sorted(statistics.learning)),
        *(explored[name] for name in sorted(explored)),
    ]
    return (
        jnp.stack([jnp.int32(count) for count in counts]),
        jnp.stack([jnp.float32(number) for number in sums]),
        since_report(statistics),
    )


def _row(
    counts: list[int], sums: list[float], learned: list[str], explored: list[str]
) -> MetricsRow:
    """Return the numbers of a report by name; None for the mean of nothing."""
    high, low, updates_high, updates_low, episodes, updates = counts
    return_sum, length_sum, *others = sums

    def mean(total: float, count: int) -> float | None:
        return total / count if count else None

    means = zip(learned, others[: len(learned)], strict=True)
    return {
        "env_steps": int(Count(high, low)),  # type: ignore[arg-type]
        "updates": int(Count(updates_high, updates_low)),  # type: ignore[arg-type]
        "episodes": episodes,
        "episode_return": mean(return_sum, episodes),
        "episode_length": mean(length_sum, episodes),
        **{name: mean(total, updates) for name, total in means},
        **dict(zip(explored, others[len(learned) :], strict=True)),
    }
