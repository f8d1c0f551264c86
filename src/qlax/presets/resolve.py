"""From a name, an environment, or an agent to what is trained."""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from qlax.agent import Agent
from qlax.envs.source import opened
from qlax.errors import UsageError, nearest, shown
from qlax.presets import (
    article,
    distributional,
    dqn_family,
    ensembles,
    linear,
    online,
    pixels,
    recurrent,
    tabular,
)
from qlax.presets.fitting import DEFAULT_AGENT, Tuning, published_steps, tuning

_FAMILIES = (
    dqn_family,
    distributional,
    ensembles,
    pixels,
    recurrent,
    online,
    tabular,
    linear,
    article,
)

AGENTS: dict[str, Callable[[], Agent]] = {
    name: make
    for family in _FAMILIES
    for name, make in vars(family).items()
    if inspect.isfunction(make) and make.__module__ == family.__name__ and name[0] != "_"
}
"""Every named agent: the functions of these modules."""


class Preset(NamedTuple):
    """An agent, what it is called, and how long it trains."""

    name: str
    agent: Agent
    steps: int
    """Environment steps it takes unless told otherwise."""
    tuned: bool
    """Whether its settings were chosen for the environment."""


def resolve(env: Any, agent: Agent | Preset | str | None = None) -> Preset:
    """Return what to train on an environment.

    Args:
        env: The environment. Settings are chosen by its id, or, where we have none for it, by
            whether it shows images.
        agent: An agent or preset, taken as it is; a name; or None for the default.

    Raises:
        UsageError: if there is no agent of that name.
    """
    if isinstance(agent, Preset):
        return agent
    if isinstance(agent, Agent):
        return Preset("custom", agent, published_steps(None), False)
    name = DEFAULT_AGENT if agent is None else agent
    if not isinstance(name, str):
        raise UsageError(
            f"agent is {shown(name)}, but must be an Agent, such as presets.dqn() makes, or the "
            "name of one."
        )
    if name not in AGENTS:
        hint = nearest(name, AGENTS, f"There are {', '.join(AGENTS)}.")
        raise UsageError(f"There is no agent {name!r}. {hint}")
    made = AGENTS[name]()
    try:
        tuned = _tuning(env, name, made)
    except UsageError:
        tuned = None  # what is wrong with the environment is said when it is trained in
    if tuned is None:
        return Preset(name, made, published_steps(name), False)
    return Preset(name, tuned.tune(made), tuned.steps, tuned.tried)


def fitted(agent: Agent, env: Any) -> Agent:
    """Return an agent of your own, fitted to an environment as the named agents are.

    Each part is told the settings it has a field for, `capacity` or `n_step` of a replay say,
    whether it is one of ours or yours. Where we have tried no settings, and no images are seen, the
    agent stays as it is.

    Args:
        agent: The agent.
        env: The environment.

    Raises:
        UsageError: if qlax cannot train in it.
    """
    tuned = _tuning(env, None, agent)
    return agent if tuned is None else tuned.tune(agent)


def _tuning(env: Any, name: str | None, agent: Agent) -> Tuning | None:
    with opened(env) as source:
        return tuning(source.id, name, agent, lambda: source.spec.observation)
