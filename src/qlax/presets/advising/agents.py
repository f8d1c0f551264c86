"""Which agent an environment asks for: the first rule that says something decides."""

from collections.abc import Callable

from qlax.envs.traits import Traits
from qlax.presets.advising.rules.kinds import is_numbered
from qlax.presets.fitting import DEFAULT_AGENT

_MANY_ACTIONS = 50
_SHORT = 100


def _memory(traits: Traits) -> tuple[str, str] | None:
    """A memory where the past says more than what is seen."""
    shown = traits.shown
    if shown is None or shown.past_tells < 0.3:
        return None
    return "r2d2", (
        "what came before in an episode tells what an observation leaves open "
        f"({shown.past_tells:.0%} of it), so the agent needs a memory"
    )


def _table(traits: Traits) -> tuple[str, str] | None:
    """A table where states can be counted and are few."""
    if not is_numbered(traits):
        return None
    return "q_table", (
        f"there are {traits.states:,} states, few enough for a table with a row for each, which "
        "learns its values exactly and fast"
    )


def _deep_exploration(traits: Traits) -> tuple[str, str] | None:
    """Members that disagree where short episodes all go the same way and hardly ever pay."""
    rewards, episodes = traits.rewards, traits.episodes
    if rewards is None or episodes is None or traits.has_image:
        return None
    all_alike = episodes.begin_alike and episodes.shortest == episodes.longest <= _SHORT
    gains = max(rewards.highest_return, 0.0)
    rare = rewards.highest_return < 0.1 * rewards.size or gains == 0.0
    if not (all_alike and episodes.longest > 1 and rare and episodes.truncated == 0):
        return None
    return "bootstrapped_dqn", (
        f"all episodes begin alike, end after {episodes.longest} steps and gained nothing, so the "
        "agent follows one of several opinions for a whole episode, which explores deeply"
    )


def _many_actions(traits: Traits) -> tuple[str, str] | None:
    """Streams that share a state's value where actions are many."""
    if traits.spec.num_actions < _MANY_ACTIONS:
        return None
    return "dueling_dqn", (
        f"there are {traits.spec.num_actions:,} actions, so what all have in common, the value of "
        "the state, is learned once for all"
    )


def _usual(_: Traits) -> tuple[str, str]:
    return DEFAULT_AGENT, (
        "double Q-learning with n-step returns: the agent that did well wherever we tried it"
    )


AGENT_RULES: tuple[Callable[[Traits], tuple[str, str] | None], ...] = (
    _memory,
    _table,
    _deep_exploration,
    _many_actions,
    _usual,
)
"""All of them; the first that gives a name and a reason decides."""


def agent_for(traits: Traits) -> tuple[str, str]:
    """Return the name of the agent that an environment asks for, and why."""
    return next(found for rule in AGENT_RULES if (found := rule(traits)) is not None)
