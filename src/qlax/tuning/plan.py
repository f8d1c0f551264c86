"""What a search does, kept as `study.json`, from which it goes on."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qlax import config
from qlax.agent import Agent
from qlax.envs.source import Source
from qlax.errors import UsageError
from qlax.runs.folder import read_json, write_json
from qlax.tuning import ranges
from qlax.tuning.search import Search

STUDY, JOURNAL, RESULT = "study.json", "journal.log", "result.json"
FORMAT = 1
RUNGS = 10
"""Evaluations of a trial, evenly spaced; after each it may be pruned."""
LAST = 3
"""Evaluations that a seed's score is the mean of: the last ones."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a search tries, and on what."""

    source: Source
    """The environment."""
    search: Search
    """The agent, and the ranges of its fields."""
    agent_name: str
    """What the agent is called."""
    steps: int
    """Environment steps of each seed of a trial."""
    seeds: int
    """Seeds of each trial: 0, 1, …"""
    seed: int
    """Seed of the sampler."""
    backend: str
    """What runs the environment."""

    def iterations_of(self, agent: Agent) -> int:
        """Return how many times every environment of an agent is stepped."""
        return math.ceil(self.steps / agent.num_envs)

    def rungs_of(self, agent: Agent) -> list[int]:
        """Return the iterations after which an agent is evaluated, the last one its end."""
        whole = self.iterations_of(agent)
        return sorted({math.ceil(whole * rung / RUNGS) for rung in range(1, RUNGS + 1)})

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "format": FORMAT,
            **self.source.origin.as_json(),
            "agent_name": self.agent_name,
            "agent": config.to_json(self.search.agent),
            "search": {path: ranges.to_json(one) for path, one in self.search.ranges.items()},
            "steps": self.steps,
            "seeds": self.seeds,
            "seed": self.seed,
            "backend": self.backend,
        }

    def save(self, folder: Path) -> None:
        """Write it into the folder of the search."""
        write_json(folder / STUDY, self.as_json())


def read_study(folder: Path) -> dict[str, Any]:
    """Return what the `study.json` of a folder holds.

    Raises:
        UsageError: if there is none, or it is damaged.
    """
    path = folder / STUDY
    document = read_json(path)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UsageError(f"{path} is no search that this version of qlax can go on with.")
    kinds = {
        "agent_name": str,
        "search": dict,
        "steps": int,
        "seeds": int,
        "seed": int,
        "backend": str,
    }
    for name, kind in kinds.items():
        if not isinstance(document.get(name), kind):
            raise UsageError(f"{path} is damaged: it has {name} {document.get(name)!r}.")
    return document


def search_from_json(document: Mapping[str, Any], where: str, agent: Agent | None) -> Search:
    """Return the search that a study's file describes.

    Args:
        document: What the file holds.
        where: Its name, for messages.
        agent: The agent, needed if it has parts of the user's own.
    """
    if agent is None:
        agent = config.part_from_json(document["agent"], Agent, f"agent in {where}")
    found = {path: ranges.from_json(one, where) for path, one in document["search"].items()}
    return Search(agent, found)


def require_same(plan: Plan, document: Mapping[str, Any], folder: Path) -> None:
    """Raise `UsageError` if a folder holds another search than a plan's."""
    own = plan.as_json()
    for name, value in document.items():
        if own.get(name) != value:
            shown = name.replace("_", " ")
            raise UsageError(
                f"{folder} holds a search with another {shown}"
                + (f", {value!r}, not {own[name]!r}" if isinstance(value, int | str) else "")
                + f": give another `out`, or go on with it by qlax.tune(out={str(folder)!r})."
            )
