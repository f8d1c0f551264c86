"""A vector environment that a user gives: its N environments, stepped as it steps them."""

from typing import Any

import gymnasium
import jax
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv

from qlax.envs.conversion import MASK, Reader, Unfit
from qlax.envs.core import TimeStep
from qlax.envs.description import describe_env, describe_space, failures_named, without_mask
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.limits import Lent
from qlax.envs.returned import Misreturned, info_of, look_at_size, of_reset, of_step
from qlax.errors import EnvironmentFailure, UsageError
from qlax.spaces import EnvSpec, shapes
from qlax.warning import warn


def describe_vector(env: VectorEnv) -> EnvSpec:
    """Return what an agent must know of each of a vector environment's environments.

    Raises:
        UsageError: if it has actions or observations that qlax does not take, or begins episodes
            anew in a way that cannot be learned from.
    """
    if type(env) is SyncVectorEnv:
        return describe_env(env.envs[0], type(env).__name__)
    name = env.spec.id if env.spec else type(env.unwrapped).__name__
    actions = env.single_action_space
    if not isinstance(actions, gymnasium.spaces.Discrete):
        raise UsageError(
            f"{name} has actions {actions}, but Q-learning chooses among finitely many: its action "
            "space must be Discrete."
        )
    _require_next_step(env)
    shown, has_mask = without_mask(env.single_observation_space)
    spec = env.spec
    if not has_mask:
        with failures_named(name, "reset"):
            has_mask = MASK in of_reset(env.reset(seed=0))[1]
    limit = None if spec is None else spec.max_episode_steps
    threshold = None if spec is None else spec.reward_threshold
    return EnvSpec(
        id=name,
        observation=describe_space(shown, name),
        has_mask=has_mask,
        num_actions=int(actions.n),
        first_action=int(actions.start),
        time_limit=None if limit is None or limit < 0 else int(limit),
        reward_threshold=None if threshold is None else float(threshold),
    )


def _require_next_step(env: VectorEnv) -> None:
    """Raise `UsageError` unless its environments begin anew in the step after an episode's end.

    All are stepped together. If one began anew in the same step, or had to be reset between two
    steps, its first action would have to be chosen before the agent has learned what the last one
    led to. Those of Gymnasium's `SyncVectorEnv` can be stepped by themselves, whatever its mode.
    """
    mode = (env.metadata or {}).get("autoreset_mode")
    if mode in (AutoresetMode.NEXT_STEP, AutoresetMode.NEXT_STEP.value):
        return
    found = "no autoreset_mode in its metadata" if mode is None else f"{mode}"
    raise UsageError(
        f"env is {type(env).__name__} with {found}, but the environments of a vector environment "
        "must begin anew in the step after an episode's end: make it with "
        'vector_kwargs={"autoreset_mode": AutoresetMode.NEXT_STEP}, or say so in its metadata if '
        f"it does so; or give what makes a single one, and num_envs={env.num_envs} to the agent."
    )


def opened_vector(env: VectorEnv, spec: EnvSpec, time_limit: int | None, timeout: Any) -> Any:
    """Return a vector environment as a `HostEnv`; it is lent, and left open.

    Args:
        env: The vector environment.
        spec: Its description.
        time_limit: Steps after which an episode counts as truncated; None for its own limit.
        timeout: Seconds that a step may take, where its environments are stepped by themselves.
    """
    if type(env) is SyncVectorEnv:
        singles = iter(env.envs)
        return GymnasiumEnv(
            lambda: Lent(next(singles), time_limit), env.num_envs, spec, step_timeout=timeout
        )
    return VectorAsHost(env, spec, time_limit)


class VectorAsHost:
    """N environments that are stepped together, and begin anew in the step after an end."""

    def __init__(self, env: VectorEnv, spec: EnvSpec, time_limit: int | None = None) -> None:
        self.spec = spec
        self.num_envs = int(env.num_envs)
        self._env = env
        self._limit = time_limit
        self._reader = Reader(spec, lambda sentence: warn(f"{spec.id} {sentence}."))
        self._done = np.zeros(self.num_envs, bool)
        self._length = np.zeros(self.num_envs, int)
        self._steps = 0
        self._said_rewards = False

    def reset(self, seed: int) -> TimeStep:
        """Begin an episode in every environment."""
        self._steps = 0
        with failures_named(self.spec.id, "reset"):
            returned = self._env.reset(seed=seed)
        try:
            seen, info = of_reset(returned)
            no = np.zeros(self.num_envs, bool)
            self._done, self._length = no, np.zeros(self.num_envs, int)
            observation, legal = self._read(seen, info_of(info), no)
        except Misreturned as wrong:
            raise self._failure(str(wrong)) from None
        return TimeStep(observation, np.zeros(self.num_envs, np.float32), no, no, ~no, legal)

    def step(self, action: np.ndarray) -> TimeStep:
        """Take one step in every environment, or begin its next episode if the last has ended."""
        first = self._done
        self._steps += 1
        taken = np.asarray(action, np.int64) + self.spec.first_action
        with failures_named(self.spec.id, "step"):
            returned = self._env.step(taken)
        try:
            seen, paid, ended, cut, info = of_step(returned)
            reward = self._each("rewards", paid, "biuf").astype(np.float64)
            terminated = self._each("terminations", ended, "b").copy()
            truncated = self._each("truncations", cut, "b") & ~terminated
            self._look_at(reward, first, terminated | truncated)
            self._length = np.where(first, 0, self._length + 1)
            if self._limit is not None:
                truncated |= (self._length >= self._limit) & ~terminated
            self._done = terminated | truncated
            observation, legal = self._read(seen, info_of(info), self._done)
        except Misreturned as wrong:
            raise self._failure(str(wrong)) from None
        return TimeStep(observation, reward.astype(np.float32), terminated, truncated, first, legal)

    def close(self) -> None:
        """Leave it open: it is lent."""

    def _look_at(self, reward: np.ndarray, first: np.ndarray, done: np.ndarray) -> None:
        """Raise `Misreturned` if a reward is not finite, or an episode's beginning is a step."""
        sentence = look_at_size(reward)
        if sentence is not None and not self._said_rewards:
            self._said_rewards = True
            warn(f"{self.spec.id} {sentence}.")
        wrong = first & ((reward != 0.0) | done)
        if self._limit is None and wrong.any():
            raise Misreturned(
                f"environment {int(wrong.argmax())}, whose episode ended in the step before, paid "
                f"{reward[wrong.argmax()]:g} and did not begin anew, though its metadata says "
                "AutoresetMode.NEXT_STEP"
            )

    def _each(self, what: str, given: Any, kinds: str) -> np.ndarray:
        array = np.asarray(given)
        if array.shape != (self.num_envs,) or array.dtype.kind not in kinds:
            raise Misreturned(
                f"{what} are {array.dtype} of shape {array.shape}, but must be one for each of "
                f"{self.num_envs} environments"
            )
        return array

    def _read(
        self, seen: Any, info: dict[str, Any], done: np.ndarray
    ) -> tuple[Any, np.ndarray | None]:
        """Return observations in the spec's dtypes and masks, or say what is wrong with them."""
        try:
            read = self._reader.arrays(seen)
            observation = self._reader.fit(read.observation)
        except Unfit as unfit:
            raise EnvironmentFailure(
                f"{self.spec.id} showed {unfit.what} in {self._when}, but {unfit.why}."
            ) from None
        self._require_shape(observation)
        if not self.spec.has_mask:
            return observation, None
        legal = info.get(MASK) if read.legal is None else read.legal
        mask = np.ones((0,), bool) if legal is None else np.asarray(legal).astype(bool)
        if mask.shape != (self.num_envs, self.spec.num_actions):
            raise Misreturned(
                f"the action masks have shape {mask.shape}, but must have shape "
                f"{(self.num_envs, self.spec.num_actions)}"
            )
        if not (mask.any(-1) | done).all():
            raise Misreturned("an action mask is all zeros before the episode's end")
        mask[done] |= ~mask[done].any(-1, keepdims=True)
        return observation, mask

    def _require_shape(self, observation: Any) -> None:
        expected = jax.tree.leaves(shapes(self.spec.observation, (self.num_envs,)))
        for found, wanted in zip(jax.tree.leaves(observation), expected, strict=True):
            if found.shape != wanted.shape:
                raise Misreturned(
                    f"observations have shape {found.shape}, but must have shape {wanted.shape}"
                )

    @property
    def _when(self) -> str:
        return f"step {self._steps:,}" if self._steps else "reset"

    def _failure(self, what: str) -> EnvironmentFailure:
        return EnvironmentFailure(
            f"{self.spec.id} is not as Gymnasium has it: in {self._when} {what}."
        )
