"""Environments: compiled ones that live inside the program, and any of Gymnasium's beside it."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qlax.envs.by_hand import spec_of
    from qlax.envs.checking import CheckReport, check_env
    from qlax.envs.core import CompiledEnv, Dynamics, HostEnv, TimeStep, Transition

__all__ = [
    "CheckReport",
    "CompiledEnv",
    "Dynamics",
    "HostEnv",
    "TimeStep",
    "Transition",
    "check_env",
    "spec_of",
]

_CHECKING = ("CheckReport", "check_env")


def __getattr__(name: str) -> Any:
    # JAX is imported once something here is used, and not by a list of backends.
    if name not in __all__:
        raise AttributeError(f"module 'qlax.envs' has no attribute {name!r}")
    homes = {**dict.fromkeys(_CHECKING, "checking"), "spec_of": "by_hand"}
    home = homes.get(name, "core")
    return getattr(importlib.import_module(f"qlax.envs.{home}"), name)
