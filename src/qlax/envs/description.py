"""From a Gymnasium environment to its description: which ones qlax takes, and what it says else."""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
from gymnasium.wrappers import (
    OrderEnforcing,
    PassiveEnvChecker,
    RecordEpisodeStatistics,
    TimeLimit,
)

from qlax.envs.acting import choices_in
from qlax.envs.conversion import MASK, mask_method
from qlax.envs.limits import Lent, time_limit_in
from qlax.errors import EnvironmentFailure, UsageError
from qlax.spaces import Box, Composite, Discrete, EnvSpec, Space
from qlax.wording import kind_and_first_line


@contextlib.contextmanager
def failures_named(name: str, action: str) -> Iterator[None]:
    """Turn whatever an environment raises into an `EnvironmentFailure` that names it."""
    try:
        yield
    except (UsageError, EnvironmentFailure):
        raise
    except (Exception, SystemExit) as error:  # that it asks to exit is a failure of its own
        raise EnvironmentFailure(
            f"{name} failed to {action}: {kind_and_first_line(error)}."
        ) from error


def require_env(env: Any, name: str) -> None:
    """Raise `UsageError` unless something is an environment with spaces."""
    if isinstance(env, gymnasium.vector.VectorEnv):
        raise UsageError(
            f"{name} made a vector environment, {type(env).__name__} of {env.num_envs}, but a "
            "single one is needed: an agent opens as many as its num_envs says."
        )
    if not isinstance(env, gymnasium.Env):
        raise UsageError(
            f"{name} made {type(env).__name__}, but a Gymnasium environment is needed: an object "
            "of a class derived from gymnasium.Env."
        )
    for space in ("action_space", "observation_space"):
        if not isinstance(getattr(env, space, None), gymnasium.Space):
            raise UsageError(
                f"{name} has no {space}: set it, to a space of gymnasium.spaces, where the "
                "environment is made."
            )


def describe_env(env: Any, name: str) -> EnvSpec:
    """Return what an agent must know of an environment, whose actions are numbered.

    Raises:
        UsageError: if it has observations that qlax does not take.
    """
    choices = choices_in(env)
    limiting = time_limit_in(env)
    limit = env.spec.max_episode_steps if env.spec else None
    if limiting is not None:
        limit = limiting._max_episode_steps
    threshold = env.spec.reward_threshold if env.spec else None
    observation = describe_observation(env, name)
    _, has_mask = without_mask(env.observation_space)
    return EnvSpec(
        id=env.spec.id if env.spec else name,
        observation=observation,
        has_mask=has_mask or mask_method(env) is not None or _resets_with_mask(env),
        num_actions=int(env.action_space.n) if choices is None else choices.num_actions,
        first_action=int(env.action_space.start) if choices is None else 0,
        actions=choices,
        time_limit=None if limit is None or limit < 0 else int(limit),
        reward_threshold=None if threshold is None else float(threshold),
    )


def describe_observation(env: Any, name: str) -> Space:
    """Return what an environment shows, any action mask apart, or refuse it."""
    shown, _ = without_mask(env.observation_space)
    return _with_frames(describe_space(shown, name), env)


# Wrappers that leave observations as they are.
_TRANSPARENT = (
    Lent,
    TimeLimit,
    OrderEnforcing,
    PassiveEnvChecker,
    RecordEpisodeStatistics,
    gymnasium.RewardWrapper,
    gymnasium.ActionWrapper,
)


# What Gymnasium calls that which stands before an episode's first frame, and what we do.
_PADDING = {"reset": "first", "zero": "zeros"}


def _with_frames(space: Space, env: gymnasium.Env) -> Space:
    """Return the space, which says so if observations are stacks of frames.

    They are if the environment says how many and what stands before the first, as Gymnasium's
    `FrameStackObservation` does.
    """
    while isinstance(env, _TRANSPARENT):
        env = env.env
    frames, padding = (getattr(env, name, None) for name in ("stack_size", "padding_type"))
    if frames is None or padding not in _PADDING:
        return space
    return _as_stacks(space, frames, _PADDING[padding])


def _as_stacks(space: Space, frames: int, padding: Any) -> Space:
    """Return the space with all arrays in it as stacks of frames; numbers are left alone."""
    if isinstance(space, Composite):
        inside = [(name, _as_stacks(inner, frames, padding)) for name, inner in space.entries]
        return Composite(tuple(inside))
    if not isinstance(space, Box):
        return space
    return dataclasses.replace(space, frames=frames, padding=padding)


def without_mask(space: gymnasium.Space) -> tuple[gymnasium.Space, bool]:
    """Return what is shown besides an action mask, and whether there is one among it.

    A mask is an entry `action_mask` of a Dict. A Dict with a single other entry is as good as that
    entry.
    """
    if not (isinstance(space, gymnasium.spaces.Dict) and MASK in space.spaces):
        return space, False
    others = {name: inner for name, inner in space.spaces.items() if name != MASK}
    if len(others) == 1:
        return next(iter(others.values())), True
    return gymnasium.spaces.Dict(others), True


def _resets_with_mask(env: gymnasium.Env) -> bool:
    try:
        _, info = env.reset(seed=0)
    except Exception:
        return False  # what is wrong with it will show, and be named, when it is used
    return isinstance(info, dict) and MASK in info


def describe_space(space: gymnasium.Space, name: str) -> Space:
    """Return what qlax calls a space of the environment of this name, or refuse it."""
    if isinstance(space, gymnasium.spaces.Discrete):
        if int(space.n) > _MOST_STATES:
            raise UsageError(
                f"{name} has observations {space}, of more states than 32 bits can number: show "
                "what a state is made of, as MultiDiscrete or Box."
            )
        return Discrete(int(space.n), int(space.start))
    if isinstance(space, gymnasium.spaces.MultiBinary):
        return _box(space.shape, "int32", 0, 1, name)
    if isinstance(space, gymnasium.spaces.MultiDiscrete):
        low, high = space.start, space.start + space.nvec - 1
        return _box(space.shape, _kept(space.dtype, low, high), low, high, name)
    if isinstance(space, gymnasium.spaces.Box):
        low, high = space.low, space.high
        return _box(space.shape, _kept(space.dtype, low, high), low, high, name)
    if isinstance(space, gymnasium.spaces.Dict | gymnasium.spaces.Tuple):
        entries: Any = space.spaces
        named = entries.items() if isinstance(entries, dict) else enumerate(entries)
        inside = [(str(key), describe_space(inner, name)) for key, inner in named]
        if not inside:
            raise UsageError(f"{name} has observations {space}, which show nothing: add an entry.")
        return Composite(tuple(inside))
    raise UsageError(
        f"{name} has observations {type(space).__name__}, but arrays are needed (Box, Discrete, "
        "MultiDiscrete, MultiBinary, or a Dict or Tuple of these): wrap it with "
        "gymnasium.wrappers.TransformObservation."
    )


_MOST_STATES = 2**31 - 1


def _kept(dtype: Any, low: Any, high: Any) -> str:
    """Return the type in which JAX keeps numbers of a space: of 32 bits at most, without a wrap.

    Whole numbers beyond 32 bits become float32, which rounds them.
    """
    own = np.dtype(dtype)
    if own.itemsize <= 4:
        return str(own.name)
    if own.kind in "iu":
        for whole in ("int32", "uint32"):
            limits = np.iinfo(whole)
            if np.min(low, initial=0) >= limits.min and np.max(high, initial=0) <= limits.max:
                return whole
    return "float32"


def _box(shape: Any, dtype: str, low: Any, high: Any, name: str) -> Box:
    if 0 in shape:
        raise UsageError(
            f"{name} has an observation of shape {tuple(shape)}, which shows nothing: leave it out."
        )

    def limit(values: Any) -> float | tuple[float, ...]:
        flat = np.asarray(values, np.float64).reshape(-1)
        if (flat == flat[0]).all():
            return float(flat[0])
        return tuple(flat.tolist())

    return Box(tuple(int(size) for size in shape), dtype, limit(low), limit(high))
