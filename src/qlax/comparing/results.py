"""What a comparison found, as data."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qlax.comparing import statistics
from qlax.comparing.scores import BASES, Basis, Target
from qlax.comparing.statistics import Interval
from qlax.comparing.verdict import Pair, plain_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class AgentResult:
    """How an agent did in one environment, or over all."""

    agent: str
    scores: np.ndarray
    """`[R, T]`: of each run on each task."""
    iqm: float
    """Their interquartile mean."""
    interval: Interval
    """Its 95 % interval from the stratified bootstrap; NaN for one seed."""
    steps: np.ndarray | None = None
    """Environment steps after which each run reached the target; infinite if it never did."""
    solved: int | None = None
    """How many runs scored the threshold or more, where there is one."""

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        steps = None if self.steps is None else self.steps.tolist()
        return {
            "agent": self.agent,
            "seeds": len(self.scores),
            "scores": self.scores[:, 0].tolist()
            if self.scores.shape[1] == 1
            else self.scores.tolist(),
            "iqm": self.iqm,
            "interval": plain_interval(self.interval),
            "mean": float(self.scores.mean()),
            "solved": self.solved,
            "steps_to_target": steps
            and [None if value == float("inf") else value for value in steps],
        }


@dataclass(frozen=True)
class Task:
    """The comparison in one environment."""

    env: str
    basis: Basis
    """What a run's score is."""
    agents: list[AgentResult]
    """The best first."""
    pairs: list[Pair]
    """The best beside each other."""
    sooner: list[Pair]
    """The one that reached the target soonest beside each other."""
    target: Target
    """The return whose first reaching is counted."""
    differences: list[tuple[str, list[str]]]
    """Settings that differ, with the value of each of the agents, in the order of `agents`."""
    verdict: str
    """A sentence, or two where agents differ in how soon they were good."""

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        names = [result.agent for result in self.agents]
        return {
            "env": self.env,
            "score": BASES[self.basis],
            "target": self.target.value,
            "verdict": self.verdict,
            "agents": [result.as_json() for result in self.agents],
            "pairs": [pair.as_json() for pair in self.pairs],
            "sooner": [pair.as_json() for pair in self.sooner],
            "differences": {
                name: dict(zip(names, values, strict=True)) for name, values in self.differences
            },
        }


@dataclass(frozen=True)
class Overall:
    """The comparison over several environments."""

    envs: list[str]
    agents: list[AgentResult]
    """By normalised scores, the best first; empty where environments have no reference scores."""
    pairs: list[Pair]
    """The best beside each other, over all environments."""
    verdict: str

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "envs": self.envs,
            "verdict": self.verdict,
            "agents": [result.as_json() for result in self.agents],
            "pairs": [pair.as_json() for pair in self.pairs],
        }


@dataclass(frozen=True)
class Comparison:
    """What `qlax.compare` found; printed, it is the table in Markdown."""

    tasks: list[Task]
    """One an environment."""
    overall: Overall | None
    """Over all, if agents share several environments."""
    notes: list[str]
    """What could not be compared, a sentence each."""

    @property
    def verdict(self) -> str:
        """A sentence: over all environments, or in each."""
        if self.overall is not None:
            return self.overall.verdict
        compared = [task for task in self.tasks if task.pairs] or self.tasks
        return " ".join(task.verdict for task in compared)

    def markdown(self) -> str:
        """Return everything as Markdown."""
        from qlax.comparing.markdown import as_markdown

        return as_markdown(self)

    def profile(self, path: str | Path | None = None) -> "Figure":
        """Return the performance profiles as a picture, and write it to a PNG or SVG file."""
        from qlax.comparing.profile import draw_profiles

        return draw_profiles(self, path)

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "verdict": self.verdict,
            "tasks": [task.as_json() for task in self.tasks],
            "overall": None if self.overall is None else self.overall.as_json(),
            "notes": self.notes,
        }

    def __str__(self) -> str:
        return self.markdown()

    def _repr_markdown_(self) -> str:
        """Return what a notebook shows."""
        return self.markdown()


def result_of(
    agent: str, scores: np.ndarray, steps: np.ndarray | None, threshold: float | None, seed: int
) -> AgentResult:
    """Return an agent's result for its scores, `[R, T]`, and steps to the target, `[R]`."""
    return AgentResult(
        agent,
        scores,
        float(statistics.iqm(scores)),
        statistics.stratified_bootstrap(scores, seed=seed),
        steps,
        None if threshold is None else int((scores >= threshold).sum()),
    )
