"""What environments that we have tried ask of agents.

The settings of a world stand in a file of the world's name here; the world's row in
`envs.worlds.families` names it. The file answers `settings_of(id)` with what it asks for.
"""

import importlib
from collections.abc import Callable

from qlax.agent import Agent
from qlax.envs import worlds
from qlax.presets.fitting import images, published
from qlax.presets.fitting.settings import Asked, Settings, Tuning
from qlax.spaces import Space

__all__ = ["DEFAULT_AGENT", "Asked", "Settings", "Tuning", "published_steps", "tuning"]

# Agents that are what somebody published, and so stay as they are.
_AS_PUBLISHED = ("article_dqn", "article_q_table", "btr")

# The agent that `qlax train ENV` takes where none is named.
DEFAULT_AGENT = "dqn"

# Agents of their papers' size: the steps their papers train for, where we have not tried others.
_PUBLISHED_STEPS = {"btr": published.STEPS}
_STEPS = 100_000


def published_steps(name: str | None) -> int:
    """Return for how many environment steps an agent trains that is not fitted."""
    return _PUBLISHED_STEPS.get(name or "", _STEPS)


def tuning(
    env: str | None, name: str | None, agent: Agent, see: Callable[[], Space]
) -> Tuning | None:
    """Return how an agent is fitted to an environment; None if it stays as it is.

    Args:
        env: The environment's id; None if it has none.
        name: The agent's name; None for an agent of the user's own.
        agent: The agent.
        see: Returns what the environment shows; asked only where that matters.
    """
    asked = Asked() if env is None else _asked(env)
    if name is not None and name in asked.named:
        return asked.named[name]
    if not is_fitted(name, agent):
        return None
    settings = asked.everyone
    if settings is None or settings.by_sight:
        space = see()
        if settings is None and not images.has_image(space):
            return None
        settings = images.fitted_to(settings or images.IMAGES, space)
    return Tuning(settings, settings.steps_of(agent), tried=asked.everyone is not None)


def is_fitted(name: str | None, agent: Agent) -> bool:
    """Return whether what environments ask of every deep agent is put on this one."""
    return name not in _AS_PUBLISHED and getattr(agent.network, "learns_features", True)


def _asked(env: str) -> Asked:
    """Return what an environment asks for, by the file that its world's row names."""
    world = worlds.world_named(env)
    if world is None or world.settings is None:
        return Asked()
    answer: Asked = importlib.import_module(world.settings).settings_of(env)
    return answer
