"""Episodes played greedily, with everything that was seen, thought, done and paid."""

import math
import time
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from qlax.envs.closing import close
from qlax.envs.core import HostEnv, TimeStep
from qlax.envs.source import Source
from qlax.evaluation import require_fit
from qlax.evaluation.core import may_go_on_for_ever, original
from qlax.explaining.evaluating import Eyes
from qlax.memories.previous import sees_previous
from qlax.spaces import zeros

_SECONDS = 4.0
"""After so many, episodes that go on are left."""
_EPISODES, _EPISODES_OF_MUCH = 20, 2
_MUCH = 5_000
"""Numbers in an observation from which few episodes are played, and not for long."""
_STEPS, _STEPS_OF_MUCH = 10_000, 1_500
_FEW, _MOST_OF_EACH = 2_000, 50
"""Steps of all episodes together below which every environment plays more of them."""
_NO_LIMIT = 1_000
"""Steps after which an episode is left where nothing else may ever end it."""
UNSEEN = 0.05
"""The largest weight, γᵏ, of what was still to come where an episode was left."""
_WANTED, _LONGEST_TAIL = 0.01, 1_000
"""What is aimed at beyond the time limit, and for how many steps at most."""
_LONGEST_OWN = 2_000
"""A time limit beyond which nothing is played beyond it: few episodes get that far."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Episode:
    """An episode of T steps; after the time limit it may go on, so that returns are known."""

    observation: Any
    """Before each step, each array [T, …]; numbered states from zero."""
    legal: np.ndarray | None
    """Which actions were legal, bool, [T, A]; None if all always are."""
    action: np.ndarray
    """What was done, numbered from zero, int32, [T]."""
    reward: np.ndarray
    """What it paid, float32, [T]."""
    q_values: np.ndarray
    """Action values, float32, [T, A]; −∞ for illegal actions."""
    prediction: Any
    """What the head predicted, each array [T, …]."""
    terminated: bool
    """Whether it ended by itself: nothing would have followed."""
    within: int
    """How many of its steps are within the time limit."""

    def __len__(self) -> int:
        return len(self.action)

    @property
    def total(self) -> float:
        """The return within the time limit, undiscounted."""
        return float(self.reward[: self.within].sum())

    @property
    def value(self) -> np.ndarray:
        """The value of the action that was taken, [T]."""
        return np.asarray(np.take_along_axis(self.q_values, self.action[:, None], -1)[:, 0])


def played(eyes: Eyes, source: Source, episodes: int | None, seed: int) -> list[Episode]:
    """Play episodes in several environments side by side.

    Args:
        eyes: Look at what is shown.
        source: Where to play.
        episodes: How many; None for as many as make a few thousand steps, in a few seconds.
        seed: Seed of the first.
    """
    require_fit(eyes.policy, source.spec)
    entries = sum(array.size for array in jax.tree.leaves(zeros(eyes.spec.observation)))
    much = entries >= _MUCH
    num_envs = episodes or (_EPISODES_OF_MUCH if much else _EPISODES)
    own = source.spec.time_limit
    longest = _STEPS_OF_MUCH if much else _STEPS
    limit = _with_tail(own, eyes.policy.agent.discount)
    if limit is None and may_go_on_for_ever(source):
        limit = _NO_LIMIT
    stepped = original(source, num_envs, limit)
    try:
        return _play(eyes, stepped, seed, longest, own, 1 if episodes else _MOST_OF_EACH)
    finally:
        close(stepped)


def _with_tail(own: int | None, discount: float) -> int | None:
    """Return a time limit after which all steps before the environment's own are paid out."""
    if own is None or own > _LONGEST_OWN:
        return None
    if discount >= 1.0:
        return own
    tail = math.ceil(math.log(_WANTED) / math.log(discount)) if discount > 0.0 else 1
    return own + min(tail, _LONGEST_TAIL)


def _play(
    eyes: Eyes, stepped: HostEnv, seed: int, longest: int, own_limit: int | None, most: int
) -> list[Episode]:
    """Return the first episodes of each environment, of each as many.

    One of each; up to `most` where they are over so soon that they would be few steps.
    """
    agent, num_envs = eyes.policy.agent, stepped.num_envs
    memory = None if agent.memory is None else agent.memory.init(num_envs)
    remembers = sees_previous(agent.memory)
    until = time.monotonic() + _SECONDS
    action = np.zeros(num_envs, np.int32)
    over, wanted = np.zeros(num_envs, int), 1
    steps: list[tuple[Any, ...]] = []
    timestep: TimeStep = stepped.reset(seed)
    while over.min() < wanted and len(steps) < longest and time.monotonic() < until:
        previous = (action, timestep.reward) if remembers else (None, None)
        first = None if agent.memory is None else timestep.first
        seen, legal = timestep.observation, timestep.legal
        look, memory = eyes.step(seen, legal, memory, first, previous)
        action = look.action
        timestep = stepped.step(action)
        ends = timestep.terminated, timestep.done
        steps.append((seen, legal, action, timestep.reward, look.q_values, look.prediction, *ends))
        over += timestep.done
        if over.min() == wanted == 1:
            few = _FEW // (len(steps) * num_envs)
            wanted = min(1 + few, most)
    columns = jax.tree.map(lambda *rows: np.stack(rows), *steps)
    found = []
    for env in range(num_envs):
        own = jax.tree.map(lambda array, e=env: array[:, e], columns)
        found.append(_episodes_in(own, own_limit))
    fewest = max(min(map(len, found)), 1)  # whichever end first would be the short ones
    return [episode for own in found for episode in own[: min(fewest, wanted)]]


def _episodes_in(columns: tuple[Any, ...], own_limit: int | None) -> list[Episode]:
    """Return the episodes that one environment played; one that goes on only if it is the first."""
    *played_columns, terminated, done = columns
    episodes: list[Episode] = []
    begin = 0
    for end in [*np.flatnonzero(done), len(done) - 1]:
        if begin > end or (episodes and not done[end]):
            break
        part = slice(begin, end + 1)
        own = jax.tree.map(lambda array, part=part: array[part], tuple(played_columns))
        seen, legal, action, reward, q_values, prediction = own
        steps = len(action)
        episodes.append(
            Episode(
                observation=seen,
                legal=legal,
                action=action,
                reward=reward,
                q_values=q_values,
                prediction=prediction,
                terminated=bool(terminated[end]),
                within=steps if own_limit is None else min(steps, own_limit),
            )
        )
        begin = end + 2  # the step after an end only begins the next episode
    return episodes
