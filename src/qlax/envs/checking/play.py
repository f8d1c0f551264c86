"""Playing a Gymnasium environment to see whether it keeps the rules."""

from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.wrappers import OrderEnforcing, PassiveEnvChecker, TimeLimit

from qlax.actions import Factors
from qlax.envs.checking.episodes import Episode, alike, compare, copied, look_at_lengths
from qlax.envs.checking.findings import Findings
from qlax.envs.checking.spaces import check_observation, check_spaces
from qlax.envs.conversion import MASK, mask_method
from qlax.envs.limits import Lent
from qlax.envs.returned import (
    Misreturned,
    flag_of,
    info_of,
    look_at_size,
    of_reset,
    of_step,
    reward_of,
)
from qlax.spaces import Choices
from qlax.wording import kind_and_first_line

_LARGE = 100.0
"""Rewards beyond this get a note."""


class Seen(NamedTuple):
    """What one call returned."""

    observation: Any
    info: Any
    reward: float = 0.0
    terminated: bool = False
    truncated: bool = False


class Unplayable(Exception):  # noqa: N818
    """It cannot be played on; why is among the findings."""


def check_play(
    make: Callable[[], Any],
    findings: Findings,
    *,
    episodes: int,
    seed: int,
    steps: int,
    limit: int | None,
) -> None:
    """Make an environment, look at its spaces, and play; `limit` holds where it has none."""
    try:
        env = make()
    except (Exception, SystemExit) as error:
        findings.problem("make", f"It cannot be made: {kind_and_first_line(error)}.")
        return
    if not isinstance(env, gymnasium.Env):
        findings.problem(
            "make",
            f"It is made as {type(env).__name__}, which is no gymnasium.Env: derive from it, or "
            "wrap it.",
        )
        return
    inside: Any = env
    while isinstance(inside, TimeLimit | OrderEnforcing | PassiveEnvChecker | Lent):
        if isinstance(inside, TimeLimit):
            limit = inside._max_episode_steps
        inside = inside.env
    if check_spaces(inside, findings):
        player = _Player(inside, findings, seed, min(steps, limit or steps))
        try:
            played = [player.episode(seed + index) for index in range(episodes)]
            compare(played[0], player.episode(seed, played[0].actions), seed, findings)
            look_at_lengths(played, findings, steps, limit)
        except Unplayable:
            pass
    try:
        env.close()
    except (Exception, SystemExit) as error:
        findings.problem("close", f"close() failed: {kind_and_first_line(error)}.")


class _Player:
    """Plays an environment by random legal actions."""

    def __init__(self, env: Any, findings: Findings, seed: int, most: int) -> None:
        self._env = env
        self._findings = findings
        self._rng = np.random.default_rng(seed)
        self._most = most
        self._has_mask: bool | None = None
        self._choices: Choices | None = None
        if isinstance(env.action_space, spaces.MultiDiscrete | spaces.MultiBinary):
            self._choices = Factors(joint_up_to=0).choices(env.action_space, "It")
        env.action_space.seed(seed)

    def episode(self, seed: int, again: list[Any] | None = None) -> Episode:
        """Play one; with actions given, those."""
        seen = self._reset(seed)
        legal = self._look_at(seen)
        actions: list[Any] = []
        rewards: list[float] = []
        observations = [copied(seen.observation)]
        done = False
        while len(actions) < (self._most if again is None else len(again)) and not done:
            action = self._action(legal) if again is None else again[len(actions)]
            before = seen.observation
            seen = self._step(action)
            self._look_for_overwriting(before, observations[-1])
            legal = self._look_at(seen)
            done = seen.terminated or seen.truncated
            actions.append(action)
            rewards.append(seen.reward)
            observations.append(copied(seen.observation))
        if again is None:
            self._findings.episodes += 1
            self._findings.steps += len(actions)
        return Episode(actions, observations, rewards, seen.terminated, seen.truncated)

    def _action(self, legal: np.ndarray | None) -> Any:
        space = self._env.action_space
        if self._choices is not None:
            every = np.ones((self._choices.factors, self._choices.width), bool)
            every = every if self._choices.padding is None else self._choices.padding
            masks = (every if legal is None else legal).reshape(self._choices.factors, -1)
            return self._choices.of([self._rng.choice(np.flatnonzero(mask)) for mask in masks])
        if not isinstance(space, spaces.Discrete):
            return space.sample()
        chosen = self._rng.integers(int(space.n)) if legal is None else self._rng.choice(legal)
        return int(chosen) + int(space.start)

    def _reset(self, seed: int) -> Seen:
        try:
            returned = self._env.reset(seed=seed)
        except (Exception, SystemExit) as error:
            self._unplayable("reset", f"reset(seed={seed}) failed: {kind_and_first_line(error)}.")
        try:
            return Seen(*of_reset(returned))
        except Misreturned as wrong:
            self._unplayable("reset", f"{wrong}.")

    def _step(self, action: Any) -> Seen:
        try:
            returned = self._env.step(action)
        except (Exception, SystemExit) as error:
            self._unplayable("step", f"step({action}) failed: {kind_and_first_line(error)}.")
        try:
            observation, reward, terminated, truncated, info = of_step(returned)
        except Misreturned as wrong:
            self._unplayable("step", f"{wrong}.")
        paid = self._look_at_reward(reward)
        ended = self._look_at_flag("terminated", terminated)
        return Seen(observation, info, paid, ended, self._look_at_flag("truncated", truncated))

    def _look_at_flag(self, name: str, flag: Any) -> bool:
        try:
            return flag_of(name, flag)
        except Misreturned as wrong:
            self._findings.problem(name, f"{wrong}.")
            return bool(flag)

    def _look_at_reward(self, reward: Any) -> float:
        try:
            paid = reward_of(reward)
            look_at_size(np.array([paid]))
        except Misreturned as wrong:
            self._findings.problem("reward", f"{str(wrong)[0].upper()}{str(wrong)[1:]}.")
            return 0.0
        if abs(paid) > _LARGE:
            self._findings.note(
                "large reward",
                f"A reward is {paid:g}: beyond ±{_LARGE:g} a network learns badly. Scale it, or "
                "give the agent the reward stage Clipped or ScaledByReturns.",
            )
        return paid

    def _look_at(self, seen: Seen) -> np.ndarray | None:
        """Look at observation, info and mask; return the legal actions' numbers from zero."""
        check_observation(self._env.observation_space, seen.observation, self._findings)
        try:
            info_of(seen.info)
        except Misreturned as wrong:
            self._findings.problem("info", f"{wrong}.")
        mask = None
        for shown in (seen.info, seen.observation):
            if isinstance(shown, dict) and MASK in shown:
                mask = shown[MASK]
        asked = mask_method(self._env)
        if mask is None and asked is not None and not (seen.terminated or seen.truncated):
            try:
                mask = asked()
            except (Exception, SystemExit) as error:
                self._unplayable("mask", f"action_masks() failed: {kind_and_first_line(error)}.")
        return self._look_at_mask(mask, ended=seen.terminated or seen.truncated)

    def _look_at_mask(self, given: Any, *, ended: bool) -> np.ndarray | None:
        if self._has_mask is None:
            self._has_mask = given is not None
        elif given is not None and not self._has_mask:
            self._unplayable(
                "mask",
                f'A step came with info["{MASK}"], but the first reset without: every reset must '
                "have it too.",
            )
        actions = self._env.action_space
        is_known = self._choices is not None or isinstance(actions, spaces.Discrete)
        if not (self._has_mask and is_known):
            return None
        if given is None:
            if not ended:
                self._unplayable(
                    "mask",
                    f'The first reset came with info["{MASK}"], but a later call without: every '
                    "one before the end of an episode must have it.",
                )
            return None
        if self._choices is not None:
            try:
                return self._choices.legal(given)
            except (ValueError, TypeError) as error:
                self._unplayable("mask", f"An action mask has {error}.")
        mask = np.asarray(given)
        if mask.shape != (actions.n,):
            self._unplayable(
                "mask",
                f"An action mask has the shape {mask.shape}, but there are {actions.n} actions: it "
                f"must be ({actions.n},).",
            )
        if not ended and not mask.astype(bool).any():
            self._unplayable(
                "mask",
                "An action mask is all zeros before the end of an episode, but some action must "
                "be legal: return terminated=True instead.",
            )
        return np.flatnonzero(mask)

    def _look_for_overwriting(self, shown: Any, copy: Any) -> None:
        if not alike(shown, copy):
            self._findings.note(
                "overwriting",
                "An observation changed when the next step was taken: it is one array, written "
                "again and again. qlax copies what it reads, but wrappers that keep observations, "
                "such as stacks of frames, do not: return a copy.",
            )

    def _unplayable(self, about: str, sentence: str) -> NoReturn:
        self._findings.problem(about, sentence)
        raise Unplayable
