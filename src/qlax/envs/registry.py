"""From an id to Gymnasium's record of an environment, and what is said where there is none."""

import copy
import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import gymnasium

from qlax.envs import worlds
from qlax.envs.suggestions import suggestion
from qlax.errors import UsageError, nearest
from qlax.wording import first_line

LIMIT = "max_episode_steps"
"""The one argument that is not the environment's but that of whoever makes it."""


def record_of(name: str, kwargs: Mapping[str, Any] | None = None) -> Any:
    """Return Gymnasium's record of an id, `module:Name-v0` or `Name-v0`, with more arguments.

    `max_episode_steps` is not among them, but `gymnasium.make`'s own.

    Raises:
        UsageError: if there is none, or the environment has no such argument.
    """
    module, colon, identity = name.rpartition(":")
    try:
        if colon:
            importlib.import_module(module)
        else:
            worlds.register(identity)
        record = gymnasium.spec(identity)
    except ImportError as error:
        raise UsageError(
            f"{name} cannot be made: importing {module} failed: {first_line(error)}."
        ) from error
    except gymnasium.error.Error:
        hint = suggestion(name)
        found = gymnasium.registry.get(identity)
        if found is None or worlds.world_of(found) is None:
            raise UsageError(f"There is no environment {name!r}. {hint}") from None
        record = found  # a world has registered it meanwhile, as ale-py does Pong-v0
    if not kwargs:
        return record
    made = copy.deepcopy(record)
    made.kwargs.update({key: entry for key, entry in kwargs.items() if key != LIMIT})
    creator = _creator_of(record)
    if creator is not None:
        require_arguments(identity, creator, made.kwargs)
    return made


def maker_of(name: str) -> Callable[..., Any] | None:
    """Return the class or function that an id stands for, or None if it cannot be loaded.

    Raises:
        UsageError: if there is no such id.
    """
    return _creator_of(record_of(name))


def _creator_of(record: Any) -> Callable[..., Any] | None:
    creator: Any = record.entry_point
    if not isinstance(creator, str):
        return creator  # type: ignore[no-any-return]
    try:
        return gymnasium.envs.registration.load_env_creator(creator)
    except Exception:
        return None  # what is wrong with it will show, and be named, when it is made


def require_arguments(name: str, make: Callable[..., Any], kwargs: Mapping[str, Any]) -> None:
    """Raise `UsageError` if what makes an environment has no argument of one of these names."""
    known = arguments_of(make)
    if known is None:
        return
    for given in kwargs:
        if given not in known:
            listed = f"It has {', '.join(known)}." if known else "It has none."
            hint = nearest(given, known, listed)
            raise UsageError(f"{name} has no argument {given!r}. {hint}")


def arguments_of(make: Callable[..., Any]) -> list[str] | None:
    """Return the names of the arguments that a function or class takes; None if any would do."""
    try:
        parameters = inspect.signature(make).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL)
    return [parameter.name for parameter in parameters if parameter.kind not in positional]
