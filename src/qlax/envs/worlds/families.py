"""Families of environments: how to recognise, register and install them."""

import contextlib
import functools
import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable
from typing import Any, NamedTuple

import gymnasium

from qlax.envs.worlds import atari, bsuite, doom, envpool_tasks, gymnax, mario, minigrid
from qlax.errors import UsageError


class World(NamedTuple):
    """A package whose environments have Gymnasium's ids."""

    title: str
    """What it is to people."""
    package: str
    """The package that has to be there."""
    extra: str
    """What installs it: `pip install "qlax[EXTRA]"`; empty for what comes with qlax."""
    begins: tuple[str, ...]
    """How its ids begin; or end, after a star."""
    register: Callable[[], Any]
    """Makes its ids known to Gymnasium."""
    preprocessed: Callable[[Any, int | None], gymnasium.Env] | None = None
    """Makes one from its record, as an agent sees it, and a time limit, None for its own; itself
    None where Gymnasium's own `make` does."""
    examples: tuple[str, ...] = ()
    """A few of its ids, for whoever has not heard of it."""
    listed: Callable[[Any], bool] | None = None
    """Which of its records are worth listing; None where those of the newest versions are."""
    eval_episodes: int | None = None
    """How many say enough of a policy, where they are long or all alike; None for the usual."""
    in_threads: bool = False
    """Whether other threads of Python run while it steps: then its games are played at once."""
    settings: str | None = None
    """The module whose `settings_of(id)` says what they ask of agents; None where we tried none.
    By its name, since agents are made of JAX's functions, and lists of environments need none."""
    ids: tuple[str, ...] = ()
    """Its ids, where Gymnasium's registry does not have them."""
    are_many: bool = False
    """Whether it has so many ids that they are registered only for whoever names it."""

    @property
    def is_installed(self) -> bool:
        """Whether it can be used."""
        return importlib.util.find_spec(self.package) is not None

    @property
    def command(self) -> str:
        """What a user types to install it."""
        return f'pip install "qlax[{self.extra}]"'

    def has(self, identity: str) -> bool:
        """Return whether an id is, or would be, one of its environments."""
        return any(
            identity.endswith(part[1:]) if part[0] == "*" else identity.startswith(part)
            for part in self.begins
        )


def world_of(record: Any) -> World | None:
    """Return the world that a record of Gymnasium's registry belongs to, by id or by package."""
    entry = record.entry_point
    module = entry if isinstance(entry, str) else getattr(entry, "__module__", "")
    package = module.partition(":")[0].partition(".")[0]
    by_package = (world for world in WORLDS if world.package == package)
    return world_named(record.id) or next(by_package, None)


def world_named(identity: str) -> World | None:
    """Return the world that an id is, or would be, one of."""
    return next((world for world in WORLDS if world.has(identity)), None)


def register(identity: str) -> None:
    """Make an id known, if the world it belongs to, or any that announces itself, knows it.

    Raises:
        UsageError: if the package is not installed, or is of no use.
    """
    world = world_named(identity)
    if world is not None and not world.is_installed:
        raise UsageError(
            f"{identity} needs the package {world.package}, which is not installed: "
            f"{world.command}."
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


def register_installed(search: str = "") -> None:
    """Register everything that is installed. What fails to register takes nothing else with it.

    Args:
        search: A part of the ids that are wanted; worlds with very many need to be named.
    """
    announced()
    for world in WORLDS:
        wanted = not world.are_many or world.package in search.lower()
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
    preprocessed=atari.preprocessed,
    eval_episodes=20,
    examples=("ALE/Pong-v5", "ALE/Breakout-v5", "SeaquestNoFrameskip-v4"),
    settings="qlax.presets.fitting.atari",
)
ENVPOOL = World(
    title="EnvPool",
    package="envpool",
    extra="envpool",
    begins=(envpool_tasks.PREFIX,),
    register=envpool_tasks.register,
    preprocessed=envpool_tasks.preprocessed,
    examples=("EnvPool/Pong-v5", "EnvPool/CartPole-v1", "EnvPool/Jumanji-Maze-v0"),
    are_many=True,
    settings="qlax.presets.fitting.envpool",
)
CLASSIC = World(
    title="Classic control, text",
    package="gymnasium",
    extra="",
    begins=(
        *("Acrobot-", "CartPole-", "MountainCar", "Pendulum-"),
        *("Blackjack-", "CliffWalking", "FrozenLake", "Taxi-"),
    ),
    register=tuple,
    examples=("CartPole-v1", "MountainCar-v0", "FrozenLake-v1", "Taxi-v4"),
    settings="qlax.presets.fitting.classic",
)
BSUITE = World(
    title="bsuite",
    package="qlax",
    extra="",
    begins=tuple(bsuite.BSUITE),
    register=bsuite.register,
    examples=tuple(sorted(bsuite.BSUITE)),
)
DOOM = World(
    title="Doom",
    package="vizdoom",
    extra="doom",
    begins=("Vizdoom",),
    register=_on_import("vizdoom.gymnasium_wrapper"),
    preprocessed=doom.preprocessed,
    listed=doom.listed,
    in_threads=True,
    examples=("VizdoomBasic-v1", "VizdoomDefendCenter-v1", "VizdoomHealthGathering-v1"),
    settings="qlax.presets.fitting.doom",
)
MARIO = World(
    title="Super Mario Bros.",
    package="gym_super_mario_bros",
    extra="mario",
    begins=("SuperMarioBros",),
    register=mario.register,
    preprocessed=mario.preprocessed,
    listed=mario.listed,
    eval_episodes=1,
    in_threads=True,
    examples=("SuperMarioBros-1-1-v0", "SuperMarioBros-v0"),
    settings="qlax.presets.fitting.mario",
)
MINATAR = World(
    title="MinAtar",
    package="minatar",
    extra="minatar",
    begins=("MinAtar/",),
    register=announced,
    examples=("MinAtar/Breakout-v1", "MinAtar/SpaceInvaders-v1"),
    settings="qlax.presets.fitting.minatar",
)
GYMNAX = World(
    title="gymnax alone",
    package="gymnax",
    extra="gymnax",
    begins=gymnax.IDS,
    register=tuple,
    examples=gymnax.IDS[:3],
    ids=gymnax.IDS,
)
MINIGRID = World(
    title="MiniGrid and BabyAI",
    package="minigrid",
    extra="minigrid",
    begins=("MiniGrid-", "BabyAI-"),
    register=_on_import("minigrid"),
    preprocessed=minigrid.preprocessed,
    examples=("MiniGrid-DoorKey-8x8-v0", "MiniGrid-Fetch-5x5-N2-v0", "BabyAI-GoToLocal-v0"),
    settings="qlax.presets.fitting.minigrid",
)
LUNAR_LANDER = World(
    title="LunarLander",
    package="Box2D",
    extra="box2d",
    begins=("LunarLander-",),
    register=announced,
    examples=("LunarLander-v3",),
    settings="qlax.presets.fitting.lunar_lander",
)
WORLDS = (CLASSIC, BSUITE, ATARI, ENVPOOL, DOOM, MARIO, MINATAR, GYMNAX, MINIGRID, LUNAR_LANDER)
