"""Copies of an environment that was given as an object, and whether they are copies."""

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium.wrappers import PassiveEnvChecker

# How long a copy is played to see which of its attributes are its state, and not its make.
_STEPS = 20
_PLAIN = (bool, int, float, str, type(None), np.ndarray, np.generic, gymnasium.Space)


@dataclass(frozen=True, kw_only=True)
class Clone:
    """How an object is made again."""

    first: gymnasium.Env
    """A copy of it."""
    record: Any
    """What Gymnasium makes copies from."""
    id: str | None
    """The registered id that, with the arguments, is all there is to it; None if there is more."""
    kwargs: dict[str, Any]
    """The arguments."""


def clone_of(env: gymnasium.Env) -> Clone | None:
    """Return how an environment is made again from its spec, or None if that makes another one.

    What counts as a copy has the same wrappers, spaces and attributes, but for those that change
    in play: an environment that was altered after it was made is not what its spec says.
    """
    record: Any = env.spec
    if record is None:
        return None
    try:
        copy = gymnasium.make(record, disable_env_checker=True)
    except Exception:
        return None
    try:
        alike = _is_alike(env, copy)
    except Exception:  # it cannot be played; the object itself will show why
        alike = False
    if not alike:
        copy.close()
        return None
    identity, kwargs = _by_id(record)
    return Clone(first=copy, record=record, id=identity, kwargs=kwargs)


def holds(function: Callable[..., Any], made: gymnasium.Env) -> bool:
    """Return whether a function had the environment that it returned before it was called.

    `lambda: env` gives one and the same environment however often it is called.
    """
    return any(
        isinstance(value, gymnasium.Env) and value.unwrapped is made.unwrapped
        for value in _values_of(function)
    )


def _values_of(function: Any) -> Iterator[Any]:
    """Yield what a function has at hand: its arguments, and the variables around it."""
    if isinstance(function, functools.partial):
        yield from (*function.args, *function.keywords.values())
        yield from _values_of(function.func)
    if inspect.ismethod(function):
        yield from vars(function.__self__).values()
        function = function.__func__
    if inspect.isfunction(function):
        yield from (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
        try:
            around = inspect.getclosurevars(function)
        except ValueError:  # a name that is bound to nothing yet
            return
        yield from (*around.nonlocals.values(), *around.globals.values())


def _by_id(record: Any) -> tuple[str | None, dict[str, Any]]:
    """Return the registered id and arguments that a spec comes to; no id if there is more to it."""
    known = gymnasium.registry.get(record.id)
    if known is None or record.additional_wrappers or record.entry_point != known.entry_point:
        return None, {}
    kwargs = {
        name: value
        for name, value in record.kwargs.items()
        if name not in known.kwargs or not _is_equal(value, known.kwargs[name])
    }
    if kwargs.get("render_mode", "") != "human":  # which does not change what is played
        kwargs.pop("render_mode", None)
    if record.max_episode_steps != known.max_episode_steps:
        kwargs["max_episode_steps"] = record.max_episode_steps
    return record.id, kwargs


def _is_alike(env: gymnasium.Env, copy: gymnasium.Env) -> bool:
    """Return whether two environments are made alike, layer by layer; the copy is played for it."""
    layers, copies = list(_layers(env)), list(_layers(copy))
    if [type(layer) for layer in layers] != [type(layer) for layer in copies]:
        return False
    before = [_plain(layer) for layer in copies]
    _play(copy)
    after = [_plain(layer) for layer in copies]
    given = [_plain(layer) for layer in layers]
    return all(map(_differ_in_state_alone, given, before, after))


def _differ_in_state_alone(
    given: dict[str, Any], before: dict[str, Any], after: dict[str, Any]
) -> bool:
    """Return whether attributes are those of a copy, but for those that playing it changes."""
    lasting = {
        name: value
        for name, value in before.items()
        if value is not None and _is_equal(value, after.get(name))
    }
    return given.keys() <= before.keys() | after.keys() and all(
        _is_equal(value, given.get(name)) for name, value in lasting.items()
    )


def _play(env: gymnasium.Env) -> None:
    env.reset(seed=0)
    env.action_space.seed(0)
    for _ in range(_STEPS):
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        if terminated or truncated:
            env.reset()


def _layers(env: gymnasium.Env) -> Iterator[gymnasium.Env]:
    """Yield an environment and all that it wraps, but for Gymnasium's checks."""
    while isinstance(env, gymnasium.Wrapper):
        if not isinstance(env, PassiveEnvChecker):
            yield env
        env = env.env
    yield env


def _plain(layer: gymnasium.Env) -> dict[str, Any]:
    """Return the attributes of a layer that can be compared: spaces, numbers, text, arrays."""
    return {
        name: value
        for name, value in vars(layer).items()
        if name != "render_mode" and (isinstance(value, _PLAIN) or _is_shallow(value))
    }


def _is_shallow(value: Any) -> bool:
    if not isinstance(value, list | tuple | dict):
        return False
    entries = value.values() if isinstance(value, dict) else value
    return all(isinstance(entry, bool | int | float | str | None) for entry in entries)


def _is_equal(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))
    return bool(one == other)
