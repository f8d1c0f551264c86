"""Any Gymnasium environment with numbered actions and array observations, N times."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gymnasium
import jax
import numpy as np

from qlax.envs.conversion import MASK, Reader, Unfit, mask_method
from qlax.envs.core import TimeStep
from qlax.envs.description import failures_named
from qlax.envs.info import InfoRecorder
from qlax.envs.returned import (
    EXACT,
    Misreturned,
    flag_of,
    info_of,
    look_at_size,
    of_reset,
    of_step,
    reward_of,
)
from qlax.envs.seeds import env_seeds
from qlax.envs.threads import usable_cores
from qlax.envs.watchdog import USUAL_LIMIT, Late, Watchdog, where_late
from qlax.errors import EnvironmentFailure, UsageError
from qlax.spaces import EnvSpec, legal_values
from qlax.warning import warn


class GymnasiumEnv:
    """N copies of a Gymnasium environment, as a `HostEnv`.

    Stepped one after another, or in a thread for each core where their steps let other threads of
    Python run, as emulators' do: the results are the same. Not Gymnasium's own `SyncVectorEnv`: a
    step of one CartPole takes 12 µs, and 40 µs in it, as much as half a small agent's update.
    """

    def __init__(
        self,
        factory: Callable[[], gymnasium.Env],
        num_envs: int,
        spec: EnvSpec,
        *,
        in_threads: bool = False,
        step_timeout: float | None = USUAL_LIMIT,
    ) -> None:
        self.spec = spec
        self.num_envs = num_envs
        self._envs = _made(factory, num_envs, spec.id)
        self.threads = min(num_envs, usable_cores()) if in_threads else 1
        self._pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None
        self._each: Any = map if self._pool is None else self._pool.map
        self._dog = Watchdog(step_timeout)
        self._is_late = False
        self._done = np.zeros(num_envs, bool)
        self._asked = [mask_method(env) if spec.has_mask else None for env in self._envs]
        self._reader = Reader(spec, self._remark)
        self.info: InfoRecorder | None = None
        """What keeps numbers of the steps' info; None if nobody asks for any."""
        self._steps = 0  # since it was last reset
        self._said_rewards = False

    def reset(self, seed: int) -> TimeStep:
        """Begin an episode in every environment, seeded with `env_seeds`."""
        self._steps = 0
        with failures_named(self.spec.id, "reset"), self._in_time("reset"):
            returned = []
            for own, env in zip(env_seeds(seed, self.num_envs), self._envs, strict=True):
                self._dog.begin()
                returned.append(env.reset(seed=own))
        begun = [self._begun(one) for one in returned]
        no = np.zeros(self.num_envs, bool)
        self._done = no
        seen, legal = self._read(begun, no)
        return TimeStep(seen, np.zeros(self.num_envs, np.float32), no, no, ~no, legal)

    def step(self, action: np.ndarray) -> TimeStep:
        """Take one step in every environment, or begin its next episode if the last has ended."""
        first = self._done
        self._steps += 1
        shown = []
        reward = np.zeros(self.num_envs)
        terminated, truncated = np.zeros((2, self.num_envs), bool)
        with failures_named(self.spec.id, "step"), self._in_time("step"):
            self._dog.begin()
            played = list(self._each(self._play, self._envs, action, first))
        for index, (seen, paid, ended, cut, info) in enumerate(played):
            reward[index], terminated[index], truncated[index] = paid, ended, cut
            shown.append((seen, info))
            if self.info is not None and not first[index]:
                self.info.see(index, info, ended=bool(ended or cut))
        if not (np.abs(reward) <= EXACT).all():
            self._look_at_rewards(reward)
        self._done = terminated | truncated
        observation, legal = self._read(shown, self._done)
        return TimeStep(
            observation,
            reward.astype(np.float32),
            terminated,
            truncated & ~terminated,
            first,
            legal,
        )

    def shares_with(self, other: object) -> bool:
        """Return whether one of the environments is also one of another's."""
        if not isinstance(other, GymnasiumEnv):
            return False
        own = {id(env.unwrapped) for env in self._envs}
        return any(id(env.unwrapped) in own for env in other._envs)

    def close(self) -> None:
        """Release what the environments hold."""
        self._steps = 0
        try:
            with self._in_time("close"):
                self._dog.begin()
                if self._pool is not None:
                    self._pool.shutdown(wait=not self._is_late, cancel_futures=True)
                with contextlib.ExitStack() as stack:  # all are closed, whichever fails to
                    for env in self._envs:
                        stack.callback(env.close)
        finally:
            self._dog.close()

    @contextlib.contextmanager
    def _in_time(self, call: str) -> Iterator[None]:
        """Turn a call that takes too long into an `EnvironmentFailure` that says where it was."""
        try:
            yield
        except Late as late:
            self._is_late = True
            last = where_late(late)
            raise EnvironmentFailure(
                f"{self.spec.id} did not return from {call} within {self._dog.seconds:g} seconds, "
                f"the longest that is waited for (`step_timeout`), in {self._when}: it was in "
                f"{last.name} ({Path(last.filename).name}, line {last.lineno})."
            ) from None
        finally:
            self._dog.end()

    def _play(self, env: Any, action: np.integer, first: np.bool_) -> tuple[Any, ...]:
        """Return what a step of one environment gives, or the beginning of its next episode."""
        if self._pool is None:
            self._dog.begin()
        if first:
            seen, info = self._begun(env.reset())
            return seen, 0.0, False, False, info
        try:
            seen, paid, ended, cut, info = of_step(env.step(self._own(action)))
            return (
                seen,
                paid if isinstance(paid, float) else reward_of(paid),
                flag_of("terminated", ended),
                flag_of("truncated", cut),
                info_of(info),
            )
        except Misreturned as wrong:
            raise self._failure(wrong) from None

    def _own(self, action: Any) -> Any:
        """Return what an environment takes: a number, or one for each factor."""
        if self.spec.factors is None:
            return int(action) + self.spec.first_action
        return np.asarray(action)

    def _begun(self, returned: Any) -> tuple[Any, dict[str, Any]]:
        """Return what a reset gives."""
        try:
            seen, info = of_reset(returned)
            return seen, info_of(info)
        except Misreturned as wrong:
            raise self._failure(wrong) from None

    def _failure(self, wrong: Misreturned) -> EnvironmentFailure:
        return EnvironmentFailure(
            f"{self.spec.id} is not as Gymnasium has it: in {self._when} {wrong}."
        )

    def _look_at_rewards(self, reward: np.ndarray) -> None:
        try:
            sentence = look_at_size(reward)
        except Misreturned as wrong:
            raise self._failure(wrong) from None
        if sentence is not None and not self._said_rewards:
            self._said_rewards = True
            self._remark(sentence)

    def _read(
        self, shown: list[tuple[Any, dict[str, Any]]], done: np.ndarray
    ) -> tuple[Any, np.ndarray | None]:
        """Return observations in the spec's dtypes and masks, or say what is wrong with them."""
        observations, masks = [], []
        for (seen, info), asked, ended in zip(shown, self._asked, done, strict=True):
            try:
                observation, legal = self._reader(seen)
            except Unfit as unfit:
                raise EnvironmentFailure(
                    f"{self.spec.id} showed {unfit.what} in {self._when}, but {unfit.why}."
                ) from None
            observations.append(observation)
            if self.spec.has_mask:
                legal = info.get(MASK) if legal is None else legal
                if legal is None and asked is not None and not ended:
                    with failures_named(self.spec.id, "say which actions are legal"):
                        legal = asked()
                masks.append(self._mask(legal, ended))
            elif MASK in info:
                raise EnvironmentFailure(
                    f'{self.spec.id} came with info["{MASK}"] in {self._when}, but its first reset '
                    "without: every reset must have it too."
                )
        if self.num_envs == 1:
            batch = jax.tree.map(lambda array: array[None], observations[0])
        else:
            batch = jax.tree.map(lambda *arrays: np.stack(arrays), *observations)
        return batch, np.stack(masks) if self.spec.has_mask else None

    @property
    def _when(self) -> str:
        return f"step {self._steps:,}" if self._steps else "reset"

    def _remark(self, sentence: str) -> None:
        warn(f"{self.spec.id} {sentence}.")

    def _mask(self, legal: Any, ended: np.bool_) -> np.ndarray:
        """Return one environment's mask as bool, [A], or say what is wrong with it."""
        if legal is None:
            if ended:
                every = np.ones(self.spec.num_actions, bool)
                return legal_values(self.spec, None, 1)[0] if self.spec.factors else every
            raise EnvironmentFailure(
                f'{self.spec.id} has action masks, but {self._when} came without info["{MASK}"].'
            )
        mask = np.asarray(legal, bool)
        if mask.shape != (self.spec.num_actions,):
            raise EnvironmentFailure(
                f"{self.spec.id} returned an action mask of shape {mask.shape}, but it has "
                f"{self.spec.num_actions} actions."
            )
        if not ended and not mask.any():
            raise EnvironmentFailure(
                f"{self.spec.id} reached a state with no legal action before the episode's end: "
                "its action mask is all zeros."
            )
        return mask


def _made(factory: Callable[[], gymnasium.Env], num_envs: int, name: str) -> list[Any]:
    """Return N different environments; if they cannot be had, none is left open.

    Raises:
        UsageError: if the factory returns one and the same again.
        EnvironmentFailure: if it fails.
    """
    made: list[Any] = []
    try:
        for _ in range(num_envs):
            with failures_named(name, "be made"):
                made.append(factory())
            if any(made[-1].unwrapped is other.unwrapped for other in made[:-1]):
                raise UsageError(
                    f"{name} is one and the same environment each time, but {num_envs} different "
                    "ones are needed (num_envs): give its id, or a function that makes a new one "
                    "at every call."
                )
    except BaseException:
        for env in made:
            with contextlib.suppress(Exception):
                env.close()
        raise
    return made
