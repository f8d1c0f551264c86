"""From what an environment is like to an agent with settings, and the reasons."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from qlax.agent import Agent
from qlax.envs.traits import Traits
from qlax.explorers import EpsilonGreedy, OneStep, UpperConfidence
from qlax.networks import Table
from qlax.presets.advising.agents import agent_for
from qlax.presets.advising.core import Reason
from qlax.presets.advising.rules import RULES
from qlax.presets.advising.rules.kinds import bonus_of, is_numbered
from qlax.presets.fitting.having import has, told
from qlax.presets.fitting.settings import Settings, Tuning
from qlax.schedules import Linear


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is trained in an environment that has no settings of its own."""

    name: str
    """Of the agent."""
    settings: Settings
    """What the environment asks of any deep agent."""
    is_numbered: bool
    """Whether a table has a row for each state."""
    bonus: float | None
    """What a table pays for what it never tried, in units of return; None for chance instead."""
    reasons: tuple[Reason, ...]
    """Why, a sentence for the agent and for each rule."""

    def reasons_for(self, agent: Agent) -> tuple[Reason, ...]:
        """Return the reasons that concern an agent: a table has no layers, say."""
        foreign = {rule.name for rule in RULES if not rule.is_for_tables}
        if getattr(agent.network, "learns_features", True):
            foreign = set()
        return tuple(reason for reason in self.reasons if reason.about not in foreign)

    def tuning(self, agent: Agent) -> Tuning:
        """Return how an agent is fitted to the environment, and how long it trains."""
        if getattr(agent.network, "learns_features", True):
            return Tuning(self.settings, self.settings.steps_of(agent), tried=False)
        return Tuning(self._on_table, self.settings.steps, tried=False)

    def _on_table(self, agent: Agent) -> Agent:
        """Return a linear agent with what concerns it: exploration, horizon, rewards, replay.

        A table of numbered states has a row for each.
        """
        asked = self.settings
        network = (
            Table() if isinstance(agent.network, Table) and self.is_numbered else agent.network
        )
        explorer: Any = agent.explorer
        if has(explorer, "epsilon"):
            explorer = EpsilonGreedy(epsilon=asked.epsilon, duration=OneStep())
            if self.bonus is not None and self.is_numbered:
                explorer = UpperConfidence(scale=self.bonus)
        optimizer: Any = agent.optimizer
        rate = getattr(optimizer, "learning_rate", None)
        if isinstance(rate, Linear) and rate.steps is not None:
            optimizer = told(optimizer, learning_rate=dataclasses.replace(rate, steps=asked.steps))
        limits = {} if asked.time_limit is None else {"time_limit": asked.time_limit}
        return agent.replace(
            network=network,
            explorer=explorer,
            replay=told(agent.replay, n_step=asked.n_step) if self.is_numbered else agent.replay,
            optimizer=optimizer,
            reward=agent.reward if asked.reward is None else asked.reward,
            discount=asked.discount,
            **limits,
        )


def choose(traits: Traits, name: str | None = None) -> Choice:
    """Return what to train in an environment, and why.

    Args:
        traits: What it is like.
        name: The agent's name, if that is decided; None for the one that it asks for.
    """
    found, why = agent_for(traits)
    reason = Reason("agent", why if name in (None, found) else f"you named {name}")
    fields: dict[str, Any] = {}
    reasons = [reason]
    for rule in RULES:
        ruling = rule.rule(traits, fields)
        assert set(ruling.settings) == set(rule.decides), rule.name
        fields |= ruling.settings
        reasons.append(Reason(rule.name, ruling.reason))
    return Choice(
        name=name or found,
        settings=Settings(**fields),
        is_numbered=is_numbered(traits),
        bonus=bonus_of(traits),
        reasons=tuple(reasons),
    )
