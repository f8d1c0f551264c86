"""Random play of an environment, to see what it is like; the same at every time and place.

Half of it takes a new action at each step, the other half keeps to one for up to forty: what comes
of keeping to an action says how to explore.
"""

import statistics
import time

import numpy as np

from qlax.envs.as_gymnasium import DynamicsAsGymnasium
from qlax.envs.backends import gymnasium as host
from qlax.envs.core import HostEnv, TimeStep
from qlax.envs.source import Source
from qlax.envs.traits.compiled_play import played_compiled
from qlax.envs.traits.half import LONGEST_HOLD, Half, Play, every_action, read
from qlax.silence import output_dropped, warnings_ignored

STAGES = (200, 1_000)
"""Steps of each half: where the longer play would take too long, the shorter one counts alone."""
LONGEST = 2.0
"""Seconds that a stage may take, by the median of its steps so far."""
_LONGEST_IN_ALL = 30.0
"""Seconds after which play ends in any case."""
_LOOKED_AT = 20
"""Steps after which their median is looked at, again and again."""


def played(source: Source, seed: int = 0) -> Play | None:
    """Return what random play shows of an environment; None if it cannot be played in time.

    How many steps there are depends on the time they take in one way alone: all of a stage, or none
    of it, where the usual step is slow. That others are busy on the machine makes few steps slow,
    and not the usual one. What fails here will fail, and be named, when it is trained in.

    Args:
        source: The environment; several in one, a vector environment, are not played.
        seed: Of the play, and of the environment in it.
    """
    if source.vector is not None:
        return None
    try:
        with warnings_ignored(), output_dropped():
            made = source.make_as_it_is()
            functions = made.unwrapped
            if isinstance(functions, DynamicsAsGymnasium):
                made.close()
                return played_compiled(functions.dynamics, source.spec, STAGES[-1], seed)
            source._idle.append(made)
            env = host.opened(source, 1, source.spec)
            try:
                return _on_host(env, seed)
            finally:
                env.close()
    except Exception as error:  # whatever an environment raises, but for Ctrl-C while it steps
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise error.__cause__ from None
        return None


def _on_host(env: HostEnv, seed: int) -> Play | None:
    halves = Half(), Half()
    began = time.perf_counter()
    clock = _Clock()
    whole = 0
    for stage in STAGES:
        clock.allows(2 * stage)
        players = (
            _Player(env, half, seed + number, is_held=number == 1)
            for number, half in enumerate(halves)
        )
        if not all(player.until(stage, clock) for player in players):
            break
        whole = stage
    if whole == 0:
        return None
    seconds = time.perf_counter() - began
    return Play(halves[0].first(whole), halves[1].first(whole), seconds)


class _Clock:
    """Whether play takes too long, by how long its steps usually take."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self._took: list[float] = []
        self._longest = 0.0

    def allows(self, steps: int) -> None:
        """Allow so many steps from the first, if they do not take too long."""
        self._longest = LONGEST / steps

    def stepped(self) -> bool:
        """Count a step; return whether there may be another."""
        now = time.perf_counter()
        self._took.append(now - self._last)
        self._last = now
        if now - self._began > _LONGEST_IN_ALL:
            return False
        if len(self._took) % _LOOKED_AT:
            return True
        return statistics.median(self._took) <= self._longest


class _Player:
    """Adds steps to a half of a play."""

    def __init__(self, env: HostEnv, half: Half, seed: int, *, is_held: bool) -> None:
        self._env, self._half, self._is_held = env, half, is_held
        self._seed = seed + 1_000 * len(half.actions)
        self._rng = np.random.default_rng(self._seed)
        self._every = every_action(env.spec)

    def until(self, steps: int, clock: _Clock) -> bool:
        """Play on until there are so many steps; return whether that was so in time."""
        half, env = self._half, self._env
        space = env.spec.observation
        shown = env.reset(self._seed)
        before, numbers = read(shown.observation, space)
        begins, left = True, 0
        action: tuple[int, ...] = ()
        while len(half.actions) < steps:
            legal = self._legal(shown)
            allowed = action and all(row[at] for row, at in zip(legal, action, strict=True))
            if left == 0 or not self._is_held or not allowed:
                action = tuple(int(self._rng.choice(np.flatnonzero(row))) for row in legal)
                left = int(self._rng.integers(1, LONGEST_HOLD + 1))
            left -= 1
            shown = env.step(self._as_array(action))
            after, next_numbers = read(shown.observation, space)
            half.actions.append(action)
            half.rewards.append(float(shown.reward[0]))
            half.terminated.append(bool(shown.terminated[0]))
            half.truncated.append(bool(shown.truncated[0]))
            half.begins.append(begins)
            half.before.append(before)
            half.after.append(after)
            half.numbers.append(numbers)
            half.legal.append(float(legal.sum() / self._every.sum()))
            begins = bool(shown.done[0])
            before, numbers = after, next_numbers
            if begins:
                shown = env.step(self._as_array(action))  # which begins the next episode
                before, numbers = read(shown.observation, space)
                left = 0
            if not clock.stepped():
                return False
        return True

    def _legal(self, shown: TimeStep) -> np.ndarray:
        """Return which values of each factor of an action may be taken, bool, [F, W]."""
        if shown.legal is None:
            return self._every
        legal: np.ndarray = shown.legal[0].reshape(self._every.shape)
        return legal

    def _as_array(self, action: tuple[int, ...]) -> np.ndarray:
        one = self._env.spec.factors is None
        return np.array([action[0]]) if one else np.array([action])
