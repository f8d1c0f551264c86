"""Packages of environments that are extras of qlax: how to recognise, register and install them."""

import contextlib
import functools
import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable
from typing import Any, NamedTuple

import gymnasium

from qlax.envs import atari, doom, mario
from qlax.errors import UsageError


class World(NamedTuple):
    """A package whose environments have Gymnasium's ids."""

    title: str
    """What it is to people."""
    package: str
    """The package that has to be there."""
    extra: str
    """What installs it: `pip install "qlax[EXTRA]"`."""
    begins: tuple[str, ...]
    """How its ids begin; or end, after a star."""
    register: Callable[[], Any]
    """Makes its ids known to Gymnasium."""
    dressed: Callable[[Any], gymnasium.Env] | None = None
    """Makes one from its record as an agent sees it; None where Gymnasium's own `make` does."""
    listed: Callable[[Any], bool] | None = None
    """Which of its records are worth listing; None where those of the newest versions are."""

    @property
    def is_installed(self) -> bool:
        """Whether it can be used."""
        return importlib.util.find_spec(self.package) is not None

    def has(self, identity: str) -> bool:
        """Return whether an id is, or would be, one of its environments."""
        return any(
            identity.endswith(part[1:]) if part[0] == "*" else identity.startswith(part)
            for part in self.begins
        )


def world_of(record: Any) -> World | None:
    """Return the world that a record of Gymnasium's registry belongs to, by package or by id."""
    entry = record.entry_point
    module = entry if isinstance(entry, str) else getattr(entry, "__module__", "")
    package = module.partition(":")[0].partition(".")[0]
    ours = (world for world in WORLDS if world.package == package or world.has(record.id))
    return next(ours, None)


def register(identity: str) -> None:
    """Make an id known, if the world it belongs to, or any that announces itself, knows it.

    Raises:
        UsageError: if the package is not installed, or is of no use.
    """
    world = next((world for world in WORLDS if world.has(identity)), None)
    if world is not None and not world.is_installed:
        raise UsageError(
            f"{identity} needs the package {world.package}, which is not installed: "
            f'pip install "qlax[{world.extra}]".'
        )
    if identity in gymnasium.registry:
        return
    if world is None:
        announced()
        return
    try:
        world.register()
    except Exception as error:
        raise UsageError(
            f"{identity} needs the package {world.package}, which is installed but cannot be used: "
            f"{type(error).__name__}: {str(error).partition(chr(10))[0]}."
        ) from error


def register_installed() -> None:
    """Register everything that is installed. What fails to register takes nothing else with it."""
    announced()
    for world in WORLDS:
        if world.is_installed:
            with contextlib.suppress(Exception):
                world.register()


@functools.cache
def announced() -> None:
    """Register the environments of installed packages that announce some, MinAtar among them.

    They do so by an entry point of the group `gymnasium.envs`: a function that registers them. One
    that fails leaves its environments unknown, and takes nothing else with it.
    """
    for entry in importlib.metadata.entry_points(group="gymnasium.envs"):
        with contextlib.suppress(Exception):
            entry.load()()


def _on_import(module: str) -> Callable[[], Any]:
    """Return what registers the ids of a package that does so when it is imported."""
    return functools.partial(importlib.import_module, module)


ATARI = World(
    title="Atari games",
    package="ale_py",
    extra="atari",
    begins=("ALE/", "*NoFrameskip-v4"),
    register=_on_import("ale_py"),
    dressed=atari.dressed,
)
WORLDS = (
    ATARI,
    World("MinAtar", "minatar", "minatar", ("MinAtar/",), announced),
    World("LunarLander", "Box2D", "box2d", ("LunarLander-",), announced),
    World(
        title="Doom",
        package="vizdoom",
        extra="doom",
        begins=("Vizdoom",),
        register=_on_import("vizdoom.gymnasium_wrapper"),
        dressed=doom.dressed,
        listed=doom.listed,
    ),
    World(
        title="Super Mario Bros.",
        package="gym_super_mario_bros",
        extra="mario",
        begins=("SuperMarioBros",),
        register=mario.register,
        dressed=mario.dressed,
        listed=mario.listed,
    ),
)
