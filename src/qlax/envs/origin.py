"""Where an environment came from: what a run and a policy keep, to find the same one again."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qlax.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Origin:
    """An id with arguments, or the name of something that has to be given again."""

    id: str | None = None
    """Gymnasium's id, with the module in front that registers it if it was given so; or None."""
    custom: str | None = None
    """What was given if it was no id: a function, a class, an object or dynamics, in words."""
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    """The arguments that it was made with."""

    def __str__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.kwargs.items())
        name = self.id or self.custom or "?"
        return f"{name} with {inside}" if inside else name

    def as_json(self) -> dict[str, Any]:
        """Return the entries `env` and `env_kwargs` of a configuration."""
        env = {"custom": self.custom} if self.id is None else self.id
        return {"env": env, "env_kwargs": _to_json(self.kwargs)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any], where: str) -> "Origin":
        """Return what `as_json` described.

        Raises:
            UsageError: if it describes no environment.
        """
        env, kwargs = document.get("env"), document.get("env_kwargs", {})
        if isinstance(env, str) and isinstance(kwargs, dict):
            return cls(id=env, kwargs=_from_json(kwargs))
        if (
            isinstance(env, dict)
            and isinstance(env.get("custom"), str)
            and isinstance(kwargs, dict)
        ):
            return cls(custom=env["custom"], kwargs=_from_json(kwargs))
        raise UsageError(f"{where} does not say what its environment is.")


def checked_arguments(kwargs: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return arguments of an environment with NumPy's numbers as Python's.

    Raises:
        UsageError: if one has no name, or is of a kind that a file cannot keep.
    """
    if kwargs is None:
        return {}
    if not isinstance(kwargs, Mapping):
        raise UsageError(
            f"env_kwargs is {kwargs!r}, but must be a dict of the environment's arguments by name."
        )
    checked: dict[str, Any] = _plain(kwargs, "env_kwargs")
    return checked


def _plain(value: Any, name: str) -> Any:
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return type(value)(_plain(entry, f"{name}[{at}]") for at, entry in enumerate(value))
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise UsageError(f"{name} has the name {key!r}, but names must be strings.")
        return {key: _plain(entry, f"{name}[{key!r}]") for key, entry in value.items()}
    raise UsageError(
        f"{name} is of type {type(value).__name__}, which no file can keep, but must be made of "
        "numbers, strings, lists and dicts. Or give a function that makes the environment."
    )


def _to_json(value: Any) -> Any:
    """Return arguments as JSON has them, which knows neither tuples nor infinity."""
    if isinstance(value, Mapping):
        return {name: _to_json(entry) for name, entry in value.items()}
    if isinstance(value, tuple):
        return {"tuple": [_to_json(entry) for entry in value]}
    if isinstance(value, list):
        return [_to_json(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    return value


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_json(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"tuple"} and isinstance(value["tuple"], list):
        return tuple(_from_json(entry) for entry in value["tuple"])
    if set(value) == {"float"} and value["float"] in ("inf", "-inf", "nan"):
        return float(value["float"])
    return {name: _from_json(entry) for name, entry in value.items()}
