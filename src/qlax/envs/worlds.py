"""Packages of environments that are extras of qlax: how to recognise, register and install them."""

import contextlib
import functools
import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable
from typing import Any, NamedTuple

import gymnasium

from qlax.envs import atari, envpool_tasks
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
    dressed: Callable[[Any, int | None], gymnasium.Env] | None = None
    """Makes one from its record, as an agent sees it, and a time limit, None for its own; itself
    None where Gymnasium's own `make` does."""
    listed: bool = True
    """Whether its ids are listed unasked, not only to those who search for it."""

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
        UsageError: if the package is not installed.
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
    else:
        world.register()


def register_installed(search: str = "") -> None:
    """Register everything that is installed. What fails to register takes nothing else with it.

    Args:
        search: A part of the ids that are wanted; worlds with very many need to be named.
    """
    announced()
    for world in WORLDS:
        wanted = world.listed or world.package in search.lower()
        if wanted and world.is_installed:
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
ENVPOOL = World(
    title="EnvPool",
    package="envpool",
    extra="envpool",
    begins=(envpool_tasks.PREFIX,),
    register=envpool_tasks.register,
    dressed=envpool_tasks.dressed,
    listed=False,
)
WORLDS = (
    ATARI,
    ENVPOOL,
    World("MinAtar", "minatar", "minatar", ("MinAtar/",), announced),
    World("LunarLander", "Box2D", "box2d", ("LunarLander-",), announced),
)
