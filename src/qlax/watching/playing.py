"""The one loop in which something plays to be looked at: by a policy, a person, or both.

`play` yields a `Turn` for every state of an episode, its last one included: what is seen, what the
policy makes of it, what it does, and what was earned so far. Films, windows, pages, pictures and
records are made of turns; `qlax.watching.streaming.frames` makes PNGs or JPEGs of them.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import gymnasium
import numpy as np

from qlax.envs.conversion import MASK, mask_method
from qlax.envs.description import failures_named
from qlax.envs.source import Source
from qlax.errors import require
from qlax.evaluation.core import LONGEST, may_go_on_for_ever, require_fit
from qlax.policy import Policy
from qlax.spaces import EnvSpec
from qlax.watching.actions import action_names
from qlax.watching.drawable import Drawn, drawn, undrawn
from qlax.watching.thinking import Thinker, Thought

FIRST_SEED = 2_000_000
"""Seed of what is played to be looked at: training and evaluation have others."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Turn:
    """A state of an episode: what is seen, thought, done and earned so far."""

    episode: int
    """Which episode, from 0."""
    seed: int | None
    """Its seed; None if it has none of its own."""
    step: int
    """Steps before it, from 0."""
    observation: Any
    """What the environment shows, as it shows it."""
    picture: np.ndarray | None
    """The environment drawn, uint8, [height, width, 3]; None where that was not asked for."""
    thought: Thought | None
    """What the policy makes of it; None in an episode's last state, or without a policy."""
    action: Any
    """The action that the policy takes, as the environment numbers it; None likewise."""
    taken: Any
    """The action before it, as the environment numbers it; None in an episode's first state."""
    reward: float
    """What that action paid; 0 in an episode's first state."""
    total: float
    """All rewards of the episode up to here."""
    legal: np.ndarray | None
    """Which actions may be taken, bool, [A]; None where all always may."""
    end: Literal["terminated", "truncated"] | None
    """How the episode ended with it; None while it goes on."""


class Game:
    """An environment being played, a turn at a time, by whoever calls `take`."""

    def __init__(
        self,
        drawing: Drawn,
        spec: EnvSpec,
        policy: Policy | None = None,
        longest: int | None = None,
    ) -> None:
        """Take an environment to play in.

        Args:
            drawing: The environment, and how it is drawn.
            spec: Its description.
            policy: Who says what it thinks of every state; None for nobody.
            longest: Steps after which an episode is cut; None for none.
        """
        self._longest = longest
        self.spec = spec
        self.names = action_names(drawing.world, spec)
        """What actions are called, [A]."""
        self.pace = drawing.pace
        """Steps a second at which it is good to look at."""
        self._drawing, self._world = drawing, drawing.world
        self._asked = mask_method(self._world) if spec.has_mask else None
        self.policy = policy
        """Who says what it thinks; None for nobody."""
        self._thinker = None if policy is None else Thinker(policy)
        self._episode = -1
        self._turn: Turn | None = None

    @property
    def world(self) -> gymnasium.Env:
        """The environment itself."""
        return self._world

    def meet(self, policy: Policy) -> None:
        """Let another policy play from the next episode on."""
        require_fit(policy, self.spec)
        self.policy, self._thinker = policy, Thinker(policy)

    def begin(self, seed: int | None = None) -> Turn:
        """Begin an episode; without a seed it goes on from the one before."""
        with failures_named(self.spec.id, "be played"):
            observation, info = self._world.reset(seed=seed)
        self._episode += 1
        return self._seen(observation, info, None, seed=seed)

    def take(self, action: Any = None) -> Turn:
        """Take an action as the environment numbers it, None for the policy's, and see."""
        before = self._turn
        assert before is not None, "an episode has begun"
        if action is None:
            action = before.action
        assert action is not None, "somebody chooses, and the episode goes on"
        if self._thinker is not None and before.thought is not None:
            self._thinker.did(action - self.spec.first_action)
        with failures_named(self.spec.id, "be played"):
            observation, reward, terminated, truncated, info = self._world.step(action)
        cut = self._longest is not None and before.step + 1 >= self._longest
        end: Any = "terminated" if terminated else "truncated" if truncated or cut else None
        return self._seen(observation, info, before, taken=action, reward=float(reward), end=end)

    def _seen(
        self,
        observation: Any,
        info: Any,
        before: Turn | None,
        *,
        seed: int | None = None,
        taken: Any = None,
        reward: float = 0.0,
        end: Any = None,
    ) -> Turn:
        legal = None if end else self._legal(observation, info)
        thought = None
        if self._thinker is not None and not end:
            thought = self._thinker.think(
                observation, first=before is None, action_mask=legal, reward=reward
            )
        picture = self._drawing.picture(observation, self.spec.observation)
        self._turn = Turn(
            episode=self._episode,
            seed=seed if before is None else before.seed,
            step=0 if before is None else before.step + 1,
            observation=observation,
            picture=picture,
            thought=thought,
            action=None if thought is None else thought.best + self.spec.first_action,
            taken=taken,
            reward=reward,
            total=reward + (0.0 if before is None else before.total),
            legal=legal,
            end=end,
        )
        return self._turn

    def _legal(self, observation: Any, info: Any) -> np.ndarray | None:
        """Return which actions are legal, wherever the environment says so."""
        if not self.spec.has_mask:
            return None
        mask = info.get(MASK)
        if mask is None and isinstance(observation, dict):
            mask = observation.get(MASK)
        if mask is None and self._asked is not None:
            with failures_named(self.spec.id, "say which actions are legal"):
                mask = self._asked()
        return None if mask is None else np.asarray(mask, bool)


@contextlib.contextmanager
def game(source: Source, policy: Policy | None = None, *, draws: bool = True) -> Iterator[Game]:
    """Open the one environment of a source to be played and drawn, and close it in the end.

    Args:
        source: What was opened.
        policy: Who says what it thinks of every state; None for nobody.
        draws: Whether turns have pictures.

    Raises:
        UsageError: if it does not fit the policy, or cannot be drawn.
    """
    spec = source.spec
    if policy is not None:
        require_fit(policy, spec)
        require(
            spec.has_mask or not policy.spec.has_mask,
            "env",
            spec.id,
            "one with action masks, as the policy was trained with",
        )
    drawing = drawn(source) if draws else undrawn(source)
    try:
        longest = LONGEST if may_go_on_for_ever(source) else None
        yield Game(drawing, spec, policy, longest)
    finally:
        drawing.world.close()


def play(
    policy: Policy,
    source: Source,
    *,
    seed: int = FIRST_SEED,
    episodes: int | None = 1,
    draws: bool = True,
    over: Callable[[], bool] = lambda: False,
) -> Iterator[Turn]:
    """Yield the turns of episodes that a policy plays greedily, in one environment.

    Args:
        policy: Who plays.
        source: Where, opened.
        seed: Seed of the first episode; the others have the numbers after it.
        episodes: How many; None for one after another without an end.
        draws: Whether turns have pictures.
        over: Asked before every step whether to leave the rest of the episode.

    Raises:
        UsageError: if the environment does not fit the policy or cannot be drawn.
        EnvironmentFailure: if it fails.
    """
    with game(source, policy, draws=draws) as played:
        yield from turns(played, seed=seed, episodes=episodes, over=over)


def turns(
    played: Game,
    *,
    seed: int,
    episodes: int | None,
    over: Callable[[], bool] = lambda: False,
) -> Iterator[Turn]:
    """Yield the turns of episodes in a game that is open, as `play` does."""
    number = 0
    while episodes is None or number < episodes:
        turn = played.begin(seed + number)
        yield turn
        while not turn.end and not over():
            turn = played.take()
            yield turn
        number += 1
