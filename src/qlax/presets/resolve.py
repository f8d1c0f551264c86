"""From a name, an environment, or an agent to what is trained."""

import inspect
from typing import NamedTuple

from qlax.agent import Agent
from qlax.differences import Difference, differences
from qlax.envs.opening import EnvLike, opened
from qlax.envs.source import Source
from qlax.envs.traits import Traits, traits_of
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
from qlax.presets.advising import Reason, choose
from qlax.presets.fitted import Named, tuning_for
from qlax.presets.fitting import DEFAULT_AGENT, Tuning, is_fitted, published_steps

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

AGENTS: dict[str, Named] = {
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
    changed: tuple[Difference, ...] = ()
    """In what it differs from the agent of that name where no environment is given."""
    advised: tuple[Reason, ...] = ()
    """Why it is what it is, where rules chose it; empty elsewhere."""


def resolve(
    env: EnvLike | Source, agent: Agent | Preset | str | None = None, *, as_published: bool = False
) -> Preset:
    """Return what to train on an environment.

    Args:
        env: The environment. Settings are chosen by its id, or, where we have none for it, by
            whether it shows images.
        agent: An agent or preset, taken as it is; a name, whose agent is fitted to the
            environment; or None for the default.
        as_published: Whether a name's agent stays as its page has it. On Atari, papers' agents
            have the settings of their papers in any case.

    Raises:
        UsageError: if there is no agent of that name.
    """
    if isinstance(agent, Preset):
        return agent
    if not isinstance(agent, Agent | str | None):
        raise UsageError(
            f"agent is {shown(agent)}, but must be an Agent, such as presets.dqn() makes, or the "
            "name of one."
        )
    with opened(env) as source:
        if isinstance(agent, Agent):
            return _own(source, agent)
        if agent is not None or as_published:
            return _named(source, agent or DEFAULT_AGENT, as_published=as_published)
        return _default(source)


def advised(env: EnvLike | Source, name: str | None = None) -> Preset:
    """Return what the rules for unknown environments choose, also where we have tried others.

    Args:
        env: The environment; it is played for a moment.
        name: The agent's name, if that is decided.

    Raises:
        UsageError: if there is no agent of that name, or qlax cannot train in the environment.
    """
    with opened(env) as source:
        return advised_by(traits_of(source), name)


def advised_by(traits: Traits, name: str | None = None) -> Preset:
    """Return what the rules for unknown environments choose for one that is like this.

    Raises:
        UsageError: if there is no agent of that name.
    """
    if name is not None:
        _require_known(name)
    choice = choose(traits, name)
    made = AGENTS[choice.name]()
    if not is_fitted(choice.name, made) and getattr(made.network, "learns_features", True):
        return Preset(choice.name, made, published_steps(choice.name), False)
    tuned = choice.tuning(made)
    agent = tuned.tune(made)
    return Preset(
        choice.name, agent, tuned.steps, False, differences(made, agent), choice.reasons_for(made)
    )


def unfitted(source: Source, agent: Agent) -> str | None:
    """Return the name of an agent that was given as its page has it, where there is a tuned one."""
    for name, make in AGENTS.items():
        made = make()
        if made == agent:
            tuned = _tuning(source, name, made)
            is_other = tuned is not None and tuned.tried and tuned.tune(made) != made
            return name if is_other else None
    return None


def _default(source: Source) -> Preset:
    """Return what is trained where no agent is named: the tuned one, else what rules choose."""
    known = _named(source, DEFAULT_AGENT, as_published=False)
    if known.tuned:
        return known
    try:
        return advised(source)
    except UsageError:  # what is wrong with the environment is said when it is trained in
        return known


def _require_known(name: str) -> None:
    if name not in AGENTS:
        hint = nearest(name, AGENTS, f"There are {', '.join(AGENTS)}.")
        raise UsageError(f"There is no agent {name!r}. {hint}")


def _named(source: Source, name: str, *, as_published: bool) -> Preset:
    _require_known(name)
    made = AGENTS[name]()
    tuned = _tuning(source, name, made)
    if tuned is None:
        return Preset(name, made, published_steps(name), False)
    if as_published and not tuned.published:
        return Preset(f"{name}-as-published", made, published_steps(name), False)
    agent = tuned.tune(made)
    return Preset(name, agent, tuned.steps, tuned.tried, differences(made, agent))


def _own(source: Source, agent: Agent) -> Preset:
    """Return an agent as it was given, with the steps that the environment asks of such a one."""
    for name, make in AGENTS.items():
        made = make()
        known = _tuning(source, name, made)
        if known is not None and known.tune(made) == agent:
            changed = differences(made, agent)
            return Preset("custom", agent, known.steps, known.tried, changed)
        if made == agent:
            return Preset("custom", agent, published_steps(name), False)
    tuned = _tuning(source, None, agent)
    steps = tuned.steps if tuned is not None and tuned.tried else published_steps(None)
    return Preset("custom", agent, steps, False)


def _tuning(source: Source, name: str | None, agent: Agent) -> Tuning | None:
    """Return how an agent is fitted; None also where something is wrong with the environment.

    That is said when it is trained in.
    """
    try:
        return tuning_for(source, name, agent)
    except UsageError:
        return None
