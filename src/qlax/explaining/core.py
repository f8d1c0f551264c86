"""What kinds of pictures are told, and what they return."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from qlax.envs.source import Source
from qlax.explaining.evaluating import Eyes, Look
from qlax.explaining.flat import as_numbers, as_observation, size_of
from qlax.explaining.maps import Map, map_of
from qlax.explaining.names import Dimension, dimensions_of
from qlax.explaining.playing import Episode, played
from qlax.explaining.visiting import Visits, visited
from qlax.policy import Policy
from qlax.runs.saved import SavedRun
from qlax.spaces import EnvSpec
from qlax.watching.actions import action_names

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class LeftOut(Exception):  # noqa: N818
    """A picture that does not go with this policy: a sentence says why."""


class Moment(NamedTuple):
    """The policy as it was while it was trained."""

    steps: int
    """Environment steps before it."""
    params: Any
    """Its parameters; the agent is the same."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """A policy that is explained; what takes time is done once, when the first kind asks."""

    policy: Policy
    """The policy."""
    source: Source
    """Where it plays, opened."""
    run: SavedRun | None = None
    """The run that it came from; None if it was given as a policy."""
    moments: list[Moment] = field(default_factory=list)
    """Some while it was trained, the oldest first; none if the run has kept none."""
    episodes: int | None = None
    """How many episodes are played; None for as many as usual."""
    seed: int = 0
    """Seed of the first of them."""

    @property
    def spec(self) -> EnvSpec:
        """The environment's description, as the policy knows it."""
        return self.policy.spec

    @functools.cached_property
    def eyes(self) -> Eyes:
        """Looks at many states at once."""
        return Eyes(self.policy)

    @functools.cached_property
    def dimensions(self) -> tuple[Dimension, ...]:
        """What each number of an observation is called."""
        return dimensions_of(self.spec)

    @functools.cached_property
    def actions(self) -> tuple[str, ...]:
        """What each action is called."""
        return action_names(self.world, self.spec)

    @functools.cached_property
    def world(self) -> Any:
        """The environment, as Gymnasium has it: for its map and names, not for playing."""
        return self.source.make()

    @functools.cached_property
    def map(self) -> Map | None:
        """Where the states of a small world are; None if no map of it is known."""
        return map_of(self.spec, self.world, self.source.own_kwargs)

    @functools.cached_property
    def played(self) -> list[Episode]:
        """Episodes that the policy has played greedily."""
        return played(self.eyes, self.source, self.episodes, self.seed)

    @functools.cached_property
    def visits(self) -> Visits:
        """Where training was, or else where the policy was when it played."""
        folder: Path | None = None if self.run is None else self.run.folder
        return visited(self.spec, folder, self.played)

    @functools.cached_property
    def numbers(self) -> int | None:
        """How many numbers an observation is; None if it is something else, or has a map."""
        return None if self.map is not None else size_of(self.spec)

    @functools.cached_property
    def seen(self) -> np.ndarray:
        """The states that were visited as lists of numbers, float64, [V, D]."""
        return as_numbers(self.spec.observation, self.visits.observation)

    def path(self, episode: Episode) -> np.ndarray:
        """Return the states of an episode within the time limit as lists of numbers, [T, D]."""
        return as_numbers(self.spec.observation, episode.observation)[: episode.within]

    def at(self, numbers: np.ndarray) -> Look:
        """Return what the policy makes of states that are given as lists of numbers, [B, D]."""
        return self.eyes.at(as_observation(self.spec.observation, numbers))

    def close(self) -> None:
        """Close the environment that was asked for names and maps."""
        if "world" in self.__dict__:
            self.world.close()

    def require_values(self) -> None:
        """Raise `LeftOut` if there is no value of a state by itself."""
        if self.policy.agent.memory is not None:
            raise LeftOut(
                "The agent has a memory: its values depend on what was seen before, so they are "
                "no function of a single observation."
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """A picture, and the numbers in it."""

    name: str
    """Of its files."""
    title: str
    """What it shows, in a few words."""
    caption: str
    """What is to be seen in it, in plain words."""
    figure: "Figure"
    """The picture itself."""
    arrays: dict[str, tuple[np.ndarray, str]]
    """Its numbers: by name, an array and what it is."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the caption says in numbers, by name."""


class Kind(NamedTuple):
    """A kind of picture."""

    name: str
    """What it is called where it is left out."""
    applies_to: Callable[[Subject], bool]
    """Whether a policy is of the sort that it is for."""
    draw: Callable[[Subject], Iterator[Picture]]
    """Draws it, or raises `LeftOut`."""
