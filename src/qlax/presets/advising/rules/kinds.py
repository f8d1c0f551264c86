"""Kinds of environments, which several rules tell apart."""

from qlax.envs.traits import Traits

FARTHER = 1.5
"""How much farther actions must reach that are kept to, for exploration to keep to them."""
MOST_STATES = 50_000
"""States up to which a table has a row for each."""


def is_bandit(traits: Traits) -> bool:
    """Return whether every episode is a single step."""
    seen = traits.episodes
    return seen is not None and seen.finished > 0 and seen.longest == 1


def is_numbered(traits: Traits) -> bool:
    """Return whether states can be counted, and are few enough to have a row each in a table."""
    return traits.states is not None and traits.states <= MOST_STATES


def is_silent(traits: Traits) -> bool:
    """Return whether random play learned nothing from rewards and ends.

    It did not if each step paid the same and hardly an episode was terminated, or if fewer than one
    step in two hundred paid anything.
    """
    rewards, episodes = traits.rewards, traits.episodes
    if rewards is None or episodes is None or is_bandit(traits):
        return False
    if rewards.are_all_alike:
        ended = episodes.terminated / max(episodes.finished, 1)
        return rewards.size == 0.0 or ended < 0.2
    return rewards.paid < 0.005


def is_far_off(traits: Traits) -> bool:
    """Return whether a goal that random play has no news of is reached by keeping to actions.

    They go farther then than a new one at each step does.
    """
    shown = traits.shown
    if shown is None or traits.states is not None or traits.has_image or not is_silent(traits):
        return False
    return shown.reach >= FARTHER


def bonus_of(traits: Traits) -> float | None:
    """Return what to pay a table for what it never tried; None where rewards say enough.

    It is as large as the largest reward that was seen, and 1 where none was.
    """
    if not is_silent(traits) or traits.rewards is None:
        return None
    return traits.rewards.size or 1.0


def is_chancy(traits: Traits) -> bool:
    """Return whether the same action in the same place often has another outcome."""
    shown = traits.shown
    return shown is not None and shown.chance > 0.3 and shown.past_tells == 0.0


def numbers_of(traits: Traits) -> str:
    """Return how many numbers an observation is, in words."""
    return f"an observation is {traits.width:,} number{'s' if traits.width > 1 else ''}"
