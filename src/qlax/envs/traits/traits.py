"""What an environment is like: facts, as numbers and flags, that settings follow from."""

from dataclasses import dataclass

import numpy as np

from qlax.envs.images import has_image
from qlax.numbering import entries_of, sizes_of
from qlax.spaces import Discrete, EnvSpec


@dataclass(frozen=True, kw_only=True)
class Rewards:
    """Rewards of random play, and returns of its episodes, the unfinished ones among them."""

    lowest: float
    highest: float
    kinds: int
    """How many different ones there were, 0 among them."""
    paid: float
    """Share of steps whose reward is not 0."""
    smallest: float
    """The smallest size of those that are not 0; 0 if all are."""
    only_at_ends: bool
    """Whether every reward that is not 0 came with an episode's last step."""
    lowest_return: float
    """The lowest sum of an episode's rewards, discounted by 0.99."""
    highest_return: float

    @property
    def size(self) -> float:
        """The largest magnitude of a reward."""
        return max(abs(self.lowest), abs(self.highest))

    @property
    def are_all_alike(self) -> bool:
        """Whether every step paid the same."""
        return self.kinds == 1


@dataclass(frozen=True, kw_only=True)
class Episodes:
    """Episodes of random play."""

    terminated: int
    truncated: int
    shortest: int
    """Steps of the shortest finished one; 0 if none was finished."""
    longest: int
    """Steps of the longest, also if it was not finished."""
    mean: float
    """Mean steps of the finished ones; of the longest if none was."""
    held_mean: float
    """The same of those in which actions were kept to."""
    begin_alike: bool
    """Whether all began with the same observation."""

    @property
    def finished(self) -> int:
        """How many there were."""
        return self.terminated + self.truncated


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Observations of random play."""

    share_new: float
    """Share of steps whose observation had not been seen before."""
    is_binary: bool
    """Whether all numbers were 0 or 1."""
    largest: float
    """The largest magnitude of a number."""
    share_of_limits: float
    """The least share of its entry's limits that numbers took; 0 where an entry has none."""
    reach: float
    """How far numbers went when actions were kept to, in proportion to a new one at each step: the
    median over entries of what their spreads are to each other."""
    constant: int
    """Entries that never changed."""
    past_tells: float
    """Share of what observation and action leave open that the past tells: see `past_tells`."""
    chance: float
    """Share of pairs of observation and action met again after which something else followed."""


@dataclass(frozen=True, kw_only=True)
class Traits:
    """Everything that is known of an environment before anything is learned."""

    spec: EnvSpec
    """What it says of itself."""
    steps: int = 0
    """Steps of random play; 0 where it could not be played in time, and nothing below is known."""
    rewards: Rewards | None = None
    episodes: Episodes | None = None
    shown: Shown | None = None
    legal: float = 1.0
    """Mean share of actions that were legal."""

    @property
    def states(self) -> int | None:
        """How many different observations there may be; None where they cannot be counted."""
        space = self.spec.observation
        sizes = sizes_of(space)
        if sizes is None or has_image(space):
            return None
        return int(np.prod(np.asarray(sizes, np.float64)).clip(max=2.0**62))

    @property
    def width(self) -> int:
        """Numbers of an observation; a numbered state counts as one for each."""
        return sum(
            inner.n if isinstance(inner, Discrete) else int(np.prod(inner.shape))
            for inner in entries_of(self.spec.observation)
        )

    @property
    def has_image(self) -> bool:
        """Whether an image is shown."""
        return has_image(self.spec.observation)

    @property
    def horizon(self) -> int | None:
        """Steps of the longest episode there can be, or was if all ended; None if nobody knows."""
        if self.spec.time_limit is not None:
            return self.spec.time_limit
        known = self.episodes
        return known.longest if known is not None and known.truncated + known.terminated else None
