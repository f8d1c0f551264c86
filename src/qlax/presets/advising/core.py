"""What a rule is, and what it decides."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from qlax.envs.traits import Traits


class Ruling(NamedTuple):
    """What a rule decides for an environment, and why."""

    settings: Mapping[str, Any]
    """Fields of `Settings`."""
    reason: str
    """A sentence, without a full stop."""


class Rule(NamedTuple):
    """Decides one thing. No other rule sets its fields."""

    name: str
    """What it is about."""
    decides: tuple[str, ...]
    """The fields of `Settings` that it sets."""
    rule: Callable[[Traits, Mapping[str, Any]], Ruling]
    """From an environment and what rules before it have set to a ruling."""
    is_for_tables: bool = True
    """Whether tables heed it too, which have no scales, layers and target networks."""


class Reason(NamedTuple):
    """Why something was chosen."""

    about: str
    """What it is about: the name of a rule."""
    sentence: str
    """Why, without a full stop."""
