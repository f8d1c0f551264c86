"""From a name, an environment, or an agent to what is trained."""

from collections.abc import Callable
from typing import NamedTuple

from qlax.agent import Agent
from qlax.errors import UsageError, nearest
from qlax.presets.article import article_dqn, article_q_table
from qlax.presets.deep import dqn
from qlax.presets.tables import q_table, tile_coding
from qlax.presets.tuned import DEFAULT_AGENT, DEFAULT_STEPS, TUNED

AGENTS: dict[str, Callable[[], Agent]] = {
    make.__name__: make for make in (dqn, tile_coding, q_table, article_dqn, article_q_table)
}
"""Every named agent."""


class Preset(NamedTuple):
    """An agent, what it is called, and how long it trains."""

    name: str
    agent: Agent
    steps: int
    """Environment steps it takes unless told otherwise."""
    tuned: bool
    """Whether its settings were chosen for the environment."""


def resolve(env: object, agent: Agent | Preset | str | None = None) -> Preset:
    """Return what to train on an environment.

    Args:
        env: The environment; only ids are known.
        agent: An agent or preset, taken as it is; a name; or None for the default.

    Raises:
        UsageError: if there is no agent of that name.
    """
    if isinstance(agent, Preset):
        return agent
    if isinstance(agent, Agent):
        return Preset("custom", agent, DEFAULT_STEPS, False)
    name = DEFAULT_AGENT if agent is None else agent
    if name not in AGENTS:
        hint = nearest(name, AGENTS, f"There are {', '.join(AGENTS)}.")
        raise UsageError(f"There is no agent {name!r}. {hint}")
    made = AGENTS[name]()
    tuned = TUNED.get((env, name)) if isinstance(env, str) else None
    if tuned is None:
        return Preset(name, made, DEFAULT_STEPS, False)
    tune, steps = tuned
    return Preset(name, tune(made), steps, True)
