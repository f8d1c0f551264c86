"""Worlds: compiled ones that live inside the program, and any Gymnasium environment beside it."""

import importlib
from typing import TYPE_CHECKING, Any

from qlax.envs.core import CompiledEnv, Dynamics, HostEnv, TimeStep, Transition

if TYPE_CHECKING:
    from qlax.envs.checking import CheckReport, check_env

__all__ = [
    "CheckReport",
    "CompiledEnv",
    "Dynamics",
    "HostEnv",
    "TimeStep",
    "Transition",
    "check_env",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'qlax.envs' has no attribute {name!r}")
    return getattr(importlib.import_module("qlax.envs.checking"), name)
