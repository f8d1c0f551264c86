"""The scale of rewards, and the returns they may add up to."""

import math
from collections.abc import Mapping
from typing import Any

from qlax.envs.traits import Traits
from qlax.presets.advising.core import Ruling
from qlax.rewards import Multiplied

_LARGE = 100.0
"""Rewards beyond this are scaled down."""
_TINY = 0.01
"""Rewards below this are scaled up."""
_LONG = 1_000
"""Steps of an episode whose end nobody knows."""


def rewards_and_returns(traits: Traits, _: Mapping[str, Any]) -> Ruling:
    """Bring rewards to a size of about 1 if they are far from it; never clip them."""
    rewards = traits.rewards
    if rewards is None:
        bound = 100.0
        return Ruling({"reward": None, "returns": (-bound, bound)}, "rewards are not known")
    factor = 1.0
    if rewards.size > _LARGE:
        factor = 10.0 ** -math.ceil(math.log10(rewards.size / 10.0))
    elif 0.0 < rewards.size < _TINY and (rewards.kinds > 3 or rewards.highest > 0.0):
        factor = 10.0 ** -math.floor(math.log10(rewards.size))
    lengths = traits.horizon or _LONG
    horizon = 1.0 if rewards.only_at_ends else (1.0 - 0.99**lengths) / 0.01
    dense = 1.0 if rewards.only_at_ends else min(1.0, 10.0 * rewards.paid)
    low = min(rewards.lowest_return, 0.0, rewards.lowest * (horizon if rewards.highest <= 0 else 1))
    high = max(rewards.highest_return, 0.0, rewards.highest * horizon * dense)
    low, high = low * factor, high * factor
    if high - low < 1e-6:
        low, high = -1.0, 1.0
    stage = None if factor == 1.0 else Multiplied(factor=factor)
    sizes = f"rewards of random play lie from {rewards.lowest:g} to {rewards.highest:g}"
    if stage is None:
        why = f"{sizes}: they are learned from as they are"
    else:
        why = f"{sizes}: times {factor:g} they have a size that networks learn well"
    returns = (_outwards(low), _outwards(high))
    return Ruling({"reward": stage, "returns": returns}, why)


def _outwards(value: float) -> float:
    """Return a number with two digits, farther from 0."""
    if value == 0.0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    return math.copysign(round(math.ceil(abs(value) / unit - 1e-9) * unit, 10), value)
