"""What to train in environments that nobody tried: rules, each with its reason, in `rules.py`."""

from qlax.presets.advising.agents import AGENT_RULES, agent_for
from qlax.presets.advising.choice import Choice, choose
from qlax.presets.advising.core import Reason, Rule, Ruling
from qlax.presets.advising.rules import RULES

__all__ = [
    "AGENT_RULES",
    "RULES",
    "Choice",
    "Reason",
    "Rule",
    "Ruling",
    "agent_for",
    "choose",
]
