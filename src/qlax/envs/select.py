"""From an id and a wish to an environment and the backend that runs it."""

import dataclasses
from typing import Literal, NamedTuple

from qlax.envs.core import CompiledEnv, Dynamics, HostEnv
from qlax.envs.describing import EnvFactory, factory_of, spec_of
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.gymnax import TWINS, GymnaxTwin
from qlax.envs.toy_text import TABLES, ToyText
from qlax.envs.vectorised import Vectorised
from qlax.errors import UsageError, require
from qlax.spaces import EnvSpec

Backend = Literal["auto", "jax", "gymnax", "gymnasium"]
BACKENDS = ("auto", "jax", "gymnax", "gymnasium")


class Selected(NamedTuple):
    """An environment to train in."""

    env: CompiledEnv | HostEnv
    backend: str
    """`gymnax` or `gymnasium`, or `jax` for qlax's own twins and a user's own dynamics."""

    @property
    def is_compiled(self) -> bool:
        """Whether the whole loop can be one program."""
        return self.backend != "gymnasium"


def describe(env: str | EnvFactory | Dynamics, time_limit: int | None = None) -> EnvSpec:
    """Return what an agent must know of an environment, its time limit replaced if one is given."""
    if not is_dynamics(env):
        return spec_of(env, time_limit)  # type: ignore[arg-type]
    spec: EnvSpec = env.spec  # type: ignore[union-attr]
    return spec if time_limit is None else dataclasses.replace(spec, time_limit=time_limit)


def select(
    env: str | EnvFactory | Dynamics,
    *,
    num_envs: int,
    backend: str = "auto",
    time_limit: int | None = None,
) -> Selected:
    """Return N environments, compiled where a faithful twin exists.

    Args:
        env: Gymnasium's id, a function that makes a Gymnasium environment, or a `Dynamics`.
        num_envs: N.
        backend: `auto`, or the backend to insist on.
        time_limit: Steps after which an episode is truncated; None for the environment's own.

    Raises:
        UsageError: if the backend has no such environment, or the environment is not for qlax.
    """
    require(backend in BACKENDS, "backend", backend, f"one of {BACKENDS}")
    spec = describe(env, time_limit)
    if is_dynamics(env):
        return Selected(Vectorised(env, num_envs, spec.time_limit), "jax")  # type: ignore[arg-type]
    twins = {"gymnax": sorted(TWINS), "jax": sorted(TABLES)}
    if backend in twins and spec.id not in twins[backend]:
        raise UsageError(
            f"The {backend} backend has no {spec.id}; it has {', '.join(twins[backend])}. "
            "Use --backend gymnasium, or auto."
        )
    if backend != "gymnasium" and isinstance(env, str):
        if spec.id in TWINS:
            return Selected(Vectorised(GymnaxTwin(spec), num_envs, spec.time_limit), "gymnax")
        if spec.id in TABLES:
            return Selected(Vectorised(ToyText(spec), num_envs, spec.time_limit), "jax")
    return Selected(GymnasiumEnv(factory_of(env, time_limit), num_envs, spec), "gymnasium")  # type: ignore[arg-type]


def is_dynamics(env: object) -> bool:
    """Return whether an environment is given as pure functions."""
    return isinstance(getattr(env, "spec", None), EnvSpec)
