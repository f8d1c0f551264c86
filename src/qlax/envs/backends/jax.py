"""Environments that are functions in JAX: a user's own, bsuite's, and those that are tables."""

import dataclasses

from qlax.envs.core import Dynamics
from qlax.envs.source import Source
from qlax.envs.vectorised import Vectorised
from qlax.envs.worlds.bsuite import BSUITE
from qlax.envs.worlds.toy_text import ToyText, is_table
from qlax.spaces import EnvSpec


def opens(source: Source) -> bool:
    """Return whether it is given as functions, or has an id that stands for some."""
    return (
        source.dynamics is not None
        or source.id in BSUITE
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
    return ToyText(spec, source.make())
