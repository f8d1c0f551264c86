"""From an environment and a wish to N environments, and the backend that runs them."""

from dataclasses import dataclass

from qlax.envs.backends import AUTO, BACKENDS, Backend, Kind, names
from qlax.envs.core import CompiledEnv, HostEnv
from qlax.envs.opening import EnvLike, opened
from qlax.envs.source import Source
from qlax.errors import UsageError, require


@dataclass(frozen=True)
class Selected:
    """An environment to train in."""

    env: CompiledEnv | HostEnv
    by: Backend
    """What runs it."""

    @property
    def backend(self) -> str:
        """The backend's name."""
        return self.by.name

    @property
    def described(self) -> str:
        """What runs the environment, in a sentence."""
        return f"{self.by.name}: {self.by.says}"

    @property
    def kind(self) -> Kind:
        """Where the environment is."""
        return self.by.kind

    @property
    def is_pure(self) -> bool:
        """Whether the environment is part of the state: it can be saved, and seeds be mapped."""
        return self.by.kind is Kind.INSIDE


def select(
    env: EnvLike,
    *,
    num_envs: int,
    backend: str = AUTO,
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
    require_backend(backend)
    with opened(env) as source:
        spec = source.described(time_limit)
        chosen = backend_for(source, backend)
        return Selected(chosen.open(source, num_envs, spec), chosen)


def backend_for(source: Source, wish: str = AUTO) -> Backend:
    """Return the backend that runs an environment: the one that is wished for, or the first.

    Raises:
        UsageError: if the one that is wished for has no such environment, or is not installed.
    """
    if wish == AUTO:
        return next(backend for backend in BACKENDS if backend.opens(source))
    wished = next(backend for backend in BACKENDS if backend.name == wish)
    if not wished.is_installed:
        raise UsageError(
            f"The {wish} backend needs the package {wished.package}, which is not installed: "
            f'pip install "qlax[{wished.package}]".'
        )
    if not wished.opens(source):
        what = "environment that a function makes" if source.id is None else str(source.origin)
        raise UsageError(
            f"The {wish} backend has no {what}; it has {wished.has}. "
            f"Use backend={backend_for(source).name!r} or backend='auto'."
        )
    return wished


def require_backend(name: str) -> None:
    """Raise `UsageError` unless there is a backend of this name."""
    require(name in names(), "backend", name, f"one of {', '.join(names())}")
