"""Packages of environments that are extras of qlax: how to recognise, register and install them."""

import contextlib
import functools
import importlib
import importlib.metadata
import importlib.util
from typing import NamedTuple

from qlax.errors import UsageError


class World(NamedTuple):
    """A package whose environments have Gymnasium's ids."""

    title: str
    """What it is to people."""
    package: str
    """The package that has to be there."""
    extra: str
    """What installs it: `pip install "qlax[EXTRA]"`."""
    registers: str
    """The module whose import registers the ids; empty if an entry point does."""
    begins: tuple[str, ...]
    """How its ids begin; or end, after a star."""

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

    def register(self) -> None:
        """Make its ids known to Gymnasium."""
        if self.registers:
            importlib.import_module(self.registers)
        else:
            announced()


WORLDS = (
    World(
        "Atari games", "ale_py", "atari", "ale_py", ("ALE/", "*NoFrameskip-v4", "*NoFrameskip-v0")
    ),
    World("MinAtar", "minatar", "minatar", "", ("MinAtar/",)),
    World(
        "Box2D: LunarLander", "Box2D", "box2d", "", ("LunarLander", "BipedalWalker", "CarRacing")
    ),
)


def register(identity: str) -> None:
    """Register the environments of the world an id belongs to, or all that announce themselves.

    Raises:
        UsageError: if the package is not installed.
    """
    for world in WORLDS:
        if world.has(identity):
            if not world.is_installed:
                raise UsageError(
                    f"{identity} needs the package {world.package}, which is not installed: "
                    f'pip install "qlax[{world.extra}]".'
                )
            world.register()
            return
    announced()


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
