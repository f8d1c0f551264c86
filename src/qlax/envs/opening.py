"""From whatever is given as an environment to its `Source`."""

import contextlib
import copy
import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any, cast

import gymnasium
from gymnasium.wrappers import TimeLimit

from qlax.actions import Actions
from qlax.envs import gymnax_own, worlds
from qlax.envs.as_gymnasium import DynamicsAsGymnasium
from qlax.envs.cloning import clone_of, holds
from qlax.envs.core import Dynamics
from qlax.envs.limits import Lent, limited
from qlax.envs.origin import Origin, checked_arguments
from qlax.envs.registry import LIMIT, require_arguments
from qlax.envs.source import EnvFactory, Source
from qlax.errors import UsageError
from qlax.spaces import EnvSpec

EnvLike = str | EnvFactory | gymnasium.Env | gymnasium.vector.VectorEnv | Dynamics | Source
"""An environment: Gymnasium's id, a function or class that makes one, one itself, several as a
vector environment, pure functions in JAX, or what any of these has been opened as."""


@contextlib.contextmanager
def opened(
    env: EnvLike,
    env_kwargs: Mapping[str, Any] | None = None,
    actions: Actions | None = None,
) -> Iterator[Source]:
    """Give what an environment comes to, and close what is left of it in the end.

    A `Source` is given on as it is, and stays open for whoever opened it. A function that returns
    the same environment at each call comes to that environment.

    Args:
        env: The environment.
        env_kwargs: Arguments to make it with.
        actions: How its actions are made finitely many; None for as usual.

    Raises:
        UsageError: if it is none, or a function fails.
    """
    source = source_of(env, env_kwargs)
    if source is env:
        yield source if actions is None else source.acting(actions)
        return
    if source.function is not None:
        first: Any = source._made_to_describe(None)
        source._idle.append(first)
        if isinstance(first, gymnasium.vector.VectorEnv):
            source = dataclasses.replace(_vector(first), step_timeout=source.step_timeout)
            made = cast(Any, first)
            source._idle.append(made)  # closed in the end: it was made for us
        elif isinstance(first, gymnasium.Env) and holds(cast(Any, source.function), first):
            source = _object(first)
    source = source if actions is None else source.acting(actions)
    try:
        yield source
    finally:
        source.close()


def describe(
    env: EnvLike,
    time_limit: int | None = None,
    env_kwargs: Mapping[str, Any] | None = None,
) -> EnvSpec:
    """Return what an agent must know of an environment, its time limit replaced if one is given.

    Raises:
        UsageError: if qlax cannot train in it.
    """
    with opened(env, env_kwargs) as source:
        return source.described(time_limit)


def source_of(env: EnvLike, env_kwargs: Mapping[str, Any] | None = None) -> Source:
    """Return what an environment comes to, without making it where that can wait.

    Args:
        env: Gymnasium's id, a function or class that makes an environment, an environment, or a
            `Dynamics`.
        env_kwargs: Arguments to make it with: the id's, or those of the function or class.

    Raises:
        UsageError: if it is none of these, or takes no such arguments.
    """
    kwargs = checked_arguments(env_kwargs)
    if isinstance(env, Source):
        if kwargs:
            raise UsageError("env_kwargs come with the environment: it is opened already.")
        return env
    if isinstance(env, str):
        return _gymnax(env, kwargs) if gymnax_own.has(env) else _registered(env, kwargs)
    if isinstance(env, gymnasium.vector.VectorEnv):
        if kwargs:
            raise UsageError(
                f"env is made already, so env_kwargs {sorted(kwargs)} come too late: give them to "
                "what makes it."
            )
        return _vector(env)
    if _is_of_sb3(env):
        raise UsageError(
            f"env is {type(env).__name__}, a vector environment of Stable-Baselines3, which does "
            "not say in which step an episode begins: give what it is made of, a function that "
            "makes a single environment, or its id, and an agent with "
            f"num_envs={getattr(env, 'num_envs', 1)}; or gymnasium.make_vec."
        )
    if isinstance(env, gymnasium.Env) or is_dynamics(env):
        if kwargs:
            raise UsageError(
                f"env is made already, so env_kwargs {sorted(kwargs)} come too late: give an id, "
                "or a function or class that makes it."
            )
        return _object(env) if isinstance(env, gymnasium.Env) else _functions(cast(Dynamics, env))
    if not callable(env):
        raise UsageError(
            f"env is {env!r}, but must be Gymnasium's id, a function or class that makes an "
            "environment, an environment, or a Dynamics, whose spec is an EnvSpec."
        )
    return _function(env, kwargs)


def described_by(spec: EnvSpec) -> Source:
    """Return what stands for an environment of which there is no more than its description."""

    def make(time_limit: int | None, render_mode: str | None) -> gymnasium.Env:  # noqa: ARG001
        raise UsageError(f"{spec.id} is only described, so nothing can be played in it.")

    known = worlds.world_named(spec.id) is not None
    origin = Origin(id=spec.id) if known else Origin(custom=f"described by hand, {spec.id}")
    source = Source(name=spec.id, origin=origin, id=spec.id if known else None, _make=make)
    source.__dict__["spec"] = spec
    return source


def is_dynamics(env: object) -> bool:
    """Return whether an environment is given as pure functions."""
    return isinstance(getattr(env, "spec", None), EnvSpec)


def _registered(name: str, kwargs: Mapping[str, Any]) -> Source:
    """Return what an id comes to, as Gymnasium makes it or its world shows it to an agent."""

    def make(time_limit: int | None, render_mode: str | None) -> gymnasium.Env:
        record, world = source.record, source.world
        if render_mode is not None:
            record = copy.deepcopy(record)
            record.kwargs["render_mode"] = render_mode
        steps = kwargs.get(LIMIT) if time_limit is None else time_limit
        if world is not None and world.preprocessed is not None:
            return world.preprocessed(record, steps)
        limit = {} if steps is None else {LIMIT: steps}
        return gymnasium.make(record, disable_env_checker=True, **limit)

    identity = name.rpartition(":")[2]
    source = Source(name=name, origin=Origin(id=name, kwargs=kwargs), id=identity, _make=make)
    return source


def _function(function: EnvFactory, kwargs: Mapping[str, Any]) -> Source:
    """Return what a function or class comes to."""
    name = _name_of(function)
    require_arguments(name, function, kwargs)

    def make(time_limit: int | None, render_mode: str | None) -> gymnasium.Env:  # noqa: ARG001
        return limited(function(**kwargs), time_limit)

    return Source(
        name=name, origin=Origin(custom=name, kwargs=kwargs), function=function, _make=make
    )


def _object(env: gymnasium.Env) -> Source:
    """Return what an environment comes to: copies made from its spec, or itself each time."""
    name = env.spec.id if env.spec else type(env.unwrapped).__name__
    clone = clone_of(env)
    if clone is not None and clone.id is not None and _is_shown_as_it_is(clone.record):
        source = _registered(clone.id, checked_arguments(clone.kwargs))
        source._idle.append(clone.first)
        return source
    origin = Origin(custom=f"an object, {name}")
    if clone is not None:
        record = clone.record

        def again(time_limit: int | None, render_mode: str | None) -> gymnasium.Env:  # noqa: ARG001
            return limited(gymnasium.make(record, disable_env_checker=True), time_limit)

        return Source(name=name, origin=origin, _make=again, _idle=[clone.first])

    def lend(time_limit: int | None, render_mode: str | None) -> gymnasium.Env:  # noqa: ARG001
        return Lent(env, time_limit)

    return Source(name=name, origin=origin, is_lent=True, _make=lend)


def _vector(env: gymnasium.vector.VectorEnv) -> Source:
    """Return what a vector environment comes to: itself each time."""
    name = env.spec.id if env.spec else type(env.unwrapped).__name__

    def make(time_limit: int | None, render_mode: str | None) -> gymnasium.Env:  # noqa: ARG001
        raise UsageError(
            f"{name} is a vector environment of {env.num_envs}, but a single one is needed here: "
            "give what makes one."
        )

    origin = Origin(custom=f"a vector environment, {type(env).__name__} of {name}")
    return Source(name=name, origin=origin, vector=env, is_lent=True, _make=make)


def _is_of_sb3(env: object) -> bool:
    """Return whether something is a `VecEnv` of Stable-Baselines3, which need not be here."""
    return any(
        kind.__name__ == "VecEnv" and kind.__module__.partition(".")[0] == "stable_baselines3"
        for kind in type(env).__mro__
    )


def _is_shown_as_it_is(record: Any) -> bool:
    """Return whether an id stands for what Gymnasium makes, and not for a world's view of it."""
    world = worlds.world_of(record)
    return world is None or world.preprocessed is None


def _gymnax(identity: str, kwargs: Mapping[str, Any]) -> Source:
    """Return what an id of gymnax's own comes to: its functions, under that id."""
    source = _functions(gymnax_own.GymnaxOwn(identity, kwargs))
    return dataclasses.replace(source, origin=Origin(id=identity, kwargs=kwargs), id=identity)


def _functions(dynamics: Dynamics) -> Source:
    def make(time_limit: int | None, render_mode: str | None) -> gymnasium.Env:  # noqa: ARG001
        made = DynamicsAsGymnasium(dynamics)
        limit = time_limit or dynamics.spec.time_limit
        return made if limit is None else TimeLimit(made, limit)

    name = dynamics.spec.id
    return Source(name=name, origin=Origin(custom=repr(dynamics)), dynamics=dynamics, _make=make)


def _name_of(function: Any) -> str:
    named = function.func if isinstance(function, functools.partial) else function
    return getattr(named, "__name__", type(named).__name__)
