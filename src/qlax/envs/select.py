"""From an id and a wish to an environment and the backend that runs it."""

from collections.abc import Callable
from typing import NamedTuple

import gymnasium

from qlax.envs import worlds
from qlax.envs.core import CompiledEnv, Dynamics, HostEnv, OutsideEnv
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.gymnax import TWINS, GymnaxTwin
from qlax.envs.source import EnvLike, Source, opened
from qlax.envs.toy_text import TABLES, ToyText
from qlax.envs.vectorised import Vectorised
from qlax.envs.worlds.ale import AtariGames
from qlax.envs.worlds.bsuite import BSUITE
from qlax.envs.worlds.envpool import PooledEnvs
from qlax.errors import UsageError, require
from qlax.spaces import EnvSpec

BACKENDS = ("auto", "jax", "gymnax", "ale", "envpool", "gymnasium")


class Selected(NamedTuple):
    """An environment to train in."""

    env: CompiledEnv | HostEnv
    backend: str
    """`gymnax`, `ale`, `envpool`, `gymnasium`; `jax` for qlax's own and a user's dynamics."""

    @property
    def described(self) -> str:
        """What runs the environment, in a sentence."""
        return f"{self.backend}: {_DESCRIBED[self.backend]}"

    @property
    def is_compiled(self) -> bool:
        """Whether the whole loop can be one program."""
        return self.backend != "gymnasium"

    @property
    def is_pure(self) -> bool:
        """Whether the environment is part of the state: it can be saved, and seeds be mapped."""
        return self.is_compiled and not isinstance(self.env, OutsideEnv)


def select(
    env: EnvLike,
    *,
    num_envs: int,
    backend: str = "auto",
    time_limit: int | None = None,
) -> Selected:
    """Return N environments, compiled where a faithful twin exists.

    Args:
        env: The environment, opened or as `train` takes it.
        num_envs: N.
        backend: `auto`, or the backend to insist on.
        time_limit: Steps after which an episode is truncated; None for the environment's own.

    Raises:
        UsageError: if the backend has no such environment, or the environment is not for qlax.
    """
    require(backend in BACKENDS, "backend", backend, f"one of {BACKENDS}")
    with opened(env) as source:
        return _selected(source, num_envs, backend, time_limit)


def _selected(source: Source, num_envs: int, backend: str, time_limit: int | None) -> Selected:
    spec = source.described(time_limit)
    if source.dynamics is not None:
        return Selected(Vectorised(source.dynamics, num_envs, spec.time_limit), "jax")
    own = "gymnasium" if source.id is None or source.kwargs else backend_of(source.id)
    if backend in _OFFERED and backend != own:
        what = source.name if source.id is not None else "environment that a function makes"
        raise UsageError(
            f"The {backend} backend has no {what}; it has {_OFFERED[backend]}. "
            "Use backend='gymnasium' or backend='auto'."
        )
    if "gymnasium" in (backend, own):
        in_threads = source.world is not None and source.world.in_threads
        host = GymnasiumEnv(source.maker(time_limit), num_envs, spec, in_threads=in_threads)
        return Selected(host, "gymnasium")
    if own in _OUTSIDE:
        source.close()  # a game of its own is as much to hold as another
        return Selected(_OUTSIDE[own](spec, num_envs), own)
    return Selected(Vectorised(_dynamics(spec), num_envs, spec.time_limit), own)


_OUTSIDE: dict[str, Callable[[EnvSpec, int], OutsideEnv]] = {
    "ale": AtariGames,
    "envpool": PooledEnvs,
}
_DESCRIBED = {
    "gymnax": "gymnax twin of the environment, compiled with the agent into one program",
    "jax": "the environment's own functions, compiled with the agent into one program",
    "ale": "the Arcade Learning Environment, stepped by the compiled program",
    "envpool": "EnvPool, stepping in its own threads while the compiled program learns",
    "gymnasium": "Gymnasium, stepped on the host",
}
# What each compiled backend has of Gymnasium's ids.
_OFFERED = {
    "gymnax": ", ".join(sorted(TWINS)),
    "jax": ", ".join(sorted([*BSUITE, *TABLES])),
    "ale": "the ids of ale-py",
    "envpool": "the ids that begin with EnvPool/, on Linux",
}


def backend_of(identity: str) -> str:
    """Return the backend that runs a registered id unless another is asked for."""
    if identity in TWINS:
        return "gymnax"
    if identity in TABLES or identity in BSUITE:
        return "jax"
    world = worlds.world_of(gymnasium.spec(identity))
    return "gymnasium" if world is None else world.backend


def _dynamics(spec: EnvSpec) -> Dynamics:
    """Return the compiled environment of an id that has one."""
    if spec.id in TWINS:
        return GymnaxTwin(spec)
    return BSUITE[spec.id] if spec.id in BSUITE else ToyText(spec)
