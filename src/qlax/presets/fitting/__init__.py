"""What environments that we have tried ask of the named agents."""

from collections.abc import Callable
from typing import Any, NamedTuple

from qlax.agent import Agent
from qlax.envs import worlds
from qlax.envs.worlds.envpool_tasks import PREFIX, is_atari
from qlax.presets.fitting import environments, images, published, toy_text
from qlax.presets.fitting.minatar import MINATAR
from qlax.presets.fitting.settings import Settings, is_deep
from qlax.spaces import Space


class Tuning(NamedTuple):
    """How a named agent is changed for an environment."""

    tune: Callable[[Agent], Agent]
    steps: int
    """Environment steps it trains for."""
    tried: bool = True
    """Whether that was chosen for the environment, and not only for what it shows."""


# What single environments ask for.
SETTINGS: dict[str, Settings] = {**environments.SETTINGS, **toy_text.SETTINGS}

# What the environments of a world ask for, with a network for what each of them shows.
_WORLDS: tuple[tuple[worlds.World, Settings], ...] = (
    (worlds.ATARI, images.ATARI),
    (worlds.DOOM, images.DOOM),
    (worlds.MARIO, images.MARIO),
    (worlds.MINIGRID, images.MINIGRID),
)

# Agents that are what somebody published, and so stay as they are.
_AS_PUBLISHED = ("article_dqn", "article_q_table")

# The agent that `qlax train ENV` takes where none is named.
DEFAULT_AGENT = "dqn"
DEFAULT_STEPS = 100_000

# Agents of their papers' size: the steps their papers train for, where we have not tried others.
PUBLISHED_STEPS = {"btr": published.STEPS}


def tuning(env: Any, name: str, agent: Agent, see: Callable[[], Space]) -> Tuning | None:
    """Return how a named agent is fitted to an environment; None if its general settings will do.

    Args:
        env: The environment; only ids are known.
        name: The agent's name.
        agent: The agent.
        see: Returns what the environment shows; asked only where that matters.
    """
    if not isinstance(env, str):
        return _by_sight(None, agent, see) if _can_be_fitted(name, agent) else None
    if (env, name) in _TABLES:
        return _TABLES[env, name]
    if (env, name) in MINATAR:
        return Tuning(*MINATAR[env, name])
    if not _can_be_fitted(name, agent):
        return None
    if env in SETTINGS:
        return Tuning(SETTINGS[env], SETTINGS[env].steps_of(agent))
    world = _world_of(env)
    if world is worlds.ATARI and name in published.PUBLISHED:
        return Tuning(published.PUBLISHED[name], published.STEPS)
    return _by_sight(world, agent, see)


def _by_sight(world: worlds.World | None, agent: Agent, see: Callable[[], Space]) -> Tuning | None:
    """Return what a world's environments ask for, or, where we tried none, those with images."""
    space = see()
    settings = next((settings for other, settings in _WORLDS if other is world), None)
    if settings is None and not images.has_image(space):
        return None
    fitted = images.fitted_to(settings or images.IMAGES, space)
    return Tuning(fitted, fitted.steps_of(agent), tried=settings is not None)


def _world_of(env: str) -> worlds.World | None:
    """Return the world whose settings fit an environment: EnvPool's Atari games are Atari games."""
    world = worlds.world_named(env)
    if world is worlds.ENVPOOL and world.is_installed:
        return worlds.ATARI if is_atari(env.removeprefix(PREFIX)) else world
    return world


def _can_be_fitted(name: str, agent: Agent) -> bool:
    return is_deep(agent) and name not in _AS_PUBLISHED


def _as_it_is(agent: Agent) -> Agent:
    return agent


_TABLES: dict[tuple[str, str], Tuning] = {
    ("MountainCar-v0", "q_table"): Tuning(_as_it_is, 100_000),
    ("MountainCar-v0", "tile_coding"): Tuning(_as_it_is, 60_000),
    **{
        (env, "q_table"): Tuning(toy_text.numbered, steps)
        for env, steps in toy_text.TABLE_STEPS.items()
    },
}
