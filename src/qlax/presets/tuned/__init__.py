"""What environments that we have tried ask of the named agents."""

from collections.abc import Callable

from qlax.agent import Agent
from qlax.envs import worlds
from qlax.presets.tuned import published
from qlax.presets.tuned.environments import SUITS
from qlax.presets.tuned.minatar import MINATAR
from qlax.presets.tuned.pictures import ATARI, suit_for
from qlax.presets.tuned.suit import Suit, is_deep
from qlax.spaces import Space

Tuning = tuple[Callable[[Agent], Agent], int]
"""How a named agent is changed, and for how many environment steps it trains."""

# Tables that were made for an environment: the steps they train for there.
_TABLES = {("MountainCar-v0", "q_table"): 100_000, ("MountainCar-v0", "tile_coding"): 60_000}

# Agents that are what somebody published, and so stay as they are.
_AS_PUBLISHED = ("article_dqn", "article_q_table")

# The agent that `qlax train ENV` takes where none is named.
DEFAULT_AGENT = "dqn"
DEFAULT_STEPS = 100_000

# Agents of their papers' size: the steps their papers train for, where we have not tried others.
PUBLISHED_STEPS = {"btr": 50_000_000}


def tuning(env: str, name: str, agent: Agent) -> Tuning | None:
    """Return how a named agent is suited to an environment; None where we have not tried it."""
    if (env, name) in _TABLES:
        return _as_it_is, _TABLES[env, name]
    if (env, name) in MINATAR:
        return MINATAR[env, name]
    suit = SUITS.get(env)
    if worlds.ATARI.has(env):
        if name in published.PUBLISHED:
            return published.PUBLISHED[name], published.STEPS
        suit = ATARI
    return _suited(suit, name, agent)


def tuning_by_sight(see: Callable[[], Space], name: str, agent: Agent) -> Tuning | None:
    """Return how a named agent is suited to what an untried environment shows, if that is images.

    Everywhere else its general settings will do, and tables are not for images.
    """
    return _suited(suit_for(see()), name, agent) if is_deep(agent) else None


def _suited(suit: Suit | None, name: str, agent: Agent) -> Tuning | None:
    if suit is None or not is_deep(agent) or name in _AS_PUBLISHED:
        return None
    return suit, suit.steps_of(agent)


def _as_it_is(agent: Agent) -> Agent:
    return agent
