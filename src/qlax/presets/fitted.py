"""Agents for an environment: what `env=` of every named agent does, and the same for one's own."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from qlax.agent import Agent
from qlax.envs.opening import EnvLike, opened
from qlax.envs.source import Source
from qlax.errors import UsageError, shown
from qlax.presets.fitting import Tuning, tuning


class Named(Protocol):
    """A function that returns an agent with a name."""

    __name__: str

    def __call__(
        self, *, env: EnvLike | Source | None = None, env_kwargs: Mapping[str, Any] | None = None
    ) -> Agent:
        """Return the agent.

        Args:
            env: The environment to fit it to, as `train` takes it: the agent is then the one that
                `train` makes of its name there. None for the agent as its page has it.
            env_kwargs: Arguments to make the environment with.

        Raises:
            UsageError: if qlax cannot train in the environment.
        """
        ...


def named(make: Callable[[], Agent]) -> Named:
    """Return a function that makes the agent, fitted to an environment if one is given."""

    def fitted_if_asked(
        *, env: EnvLike | Source | None = None, env_kwargs: Mapping[str, Any] | None = None
    ) -> Agent:
        return make() if env is None else _fitted(make.__name__, make(), env, env_kwargs)

    functools.update_wrapper(fitted_if_asked, make, ("__module__", "__name__", "__doc__"))
    fitted_if_asked.__qualname__ = make.__name__
    del fitted_if_asked.__wrapped__  # type: ignore[attr-defined]  # help shows `env`
    return fitted_if_asked


def fitted(
    agent: Agent, env: EnvLike | Source, *, env_kwargs: Mapping[str, Any] | None = None
) -> Agent:
    """Return an agent of your own, fitted to an environment as the named agents are.

    Each part is told the settings it has a field for, `capacity` or `n_step` of a replay say,
    whether it is one of ours or yours. Where we have tried no settings, and no images are seen, the
    agent stays as it is.

    Args:
        agent: The agent.
        env: The environment, as `train` takes it.
        env_kwargs: Arguments to make it with.

    Raises:
        UsageError: if qlax cannot train in it, or the agent is none.
    """
    if not isinstance(agent, Agent):
        raise UsageError(f"agent is {shown(agent)}, but must be an Agent{_hint(agent)}.")
    return _fitted(None, agent, env, env_kwargs)


def _hint(agent: object) -> str:
    """Return what to add where a named agent is meant, which needs no more fitting."""
    from qlax.presets.resolve import AGENTS  # which is made of what is here

    name = agent if isinstance(agent, str) else getattr(agent, "__name__", None)
    return f": presets.{name}(env=…) is fitted already" if name in AGENTS else ""


def tuning_for(source: Source, name: str | None, agent: Agent) -> Tuning | None:
    """Return how an agent is fitted to an environment; None if it stays as it is.

    Args:
        source: The environment.
        name: The agent's name; None for one of the user's own.
        agent: The agent.

    Raises:
        UsageError: if what the environment shows matters, and it cannot be made.
    """
    return tuning(source.id, name, agent, lambda: source.observation)


def _fitted(
    name: str | None, agent: Agent, env: EnvLike | Source, env_kwargs: Mapping[str, Any] | None
) -> Agent:
    with opened(env, env_kwargs) as source:
        tuned = tuning_for(source, name, agent)
    return agent if tuned is None else tuned.tune(agent)
