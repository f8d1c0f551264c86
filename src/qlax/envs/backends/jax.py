"""Environments that are functions in JAX: a user's own, and those of `worlds` that are such."""

import dataclasses

from qlax.envs.core import Dynamics
from qlax.envs.gymnax_own import GymnaxOwn
from qlax.envs.source import Source
from qlax.envs.vectorised import Vectorised
from qlax.envs.worlds.bsuite import BSUITE
from qlax.envs.worlds.classic_control import TASKS
from qlax.envs.worlds.toy_text import ToyText, is_table
from qlax.spaces import EnvSpec


def opens(source: Source) -> bool:
    """Return whether it is given as functions, or has an id that stands for some."""
    if source.dynamics is not None:
        return not isinstance(source.dynamics, GymnaxOwn)
    return (
        source.id in BSUITE
        or (source.id in TASKS and not source.own_kwargs)
        or (source.id is not None and is_table(source.id, source.own_kwargs))
    )


def opened(source: Source, num_envs: int, spec: EnvSpec) -> Vectorised:
    """Return N of it."""
    return Vectorised(_dynamics(source, spec), num_envs, spec.time_limit)


def _dynamics(source: Source, spec: EnvSpec) -> Dynamics:
    if source.dynamics is not None:
        return source.dynamics
    if source.id in BSUITE:
        return dataclasses.replace(BSUITE[source.id], **source.own_kwargs)  # type: ignore[type-var]
    if source.id in TASKS:
        return TASKS[source.id](spec)
    return ToyText(spec, source.make())
