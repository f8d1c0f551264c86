"""For how long to train, and how much to remember."""

import math
from collections.abc import Mapping
from typing import Any

from qlax.envs.traits import Traits
from qlax.numbering import entries_of
from qlax.presets.advising.core import Ruling
from qlax.presets.advising.rules.kinds import is_bandit, is_numbered, numbers_of
from qlax.presets.fitting import images
from qlax.spaces import Box

_MOST_BYTES = 4e9
"""What a replay of images may take."""
_FEW = 6
"""Numbers up to which an observation is small."""


def steps_and_memory(traits: Traits, _: Mapping[str, Any]) -> Ruling:
    """More steps for what shows more: nobody knows how hard it is."""
    if traits.has_image:
        steps, why = images.IMAGES.steps, "images are learned from slowly"
        capacity = images.IMAGES.capacity
        bytes_ = sum(
            math.prod(inner.frame_shape) * _bytes(inner.dtype)
            for inner in entries_of(traits.spec.observation)
            if isinstance(inner, Box)
        )
        fitting = int(_MOST_BYTES / max(bytes_, 1))
        if fitting < capacity:
            capacity = max(fitting // 1_000 * 1_000, 5_000)
            why += f", and a replay of {capacity:,} of these takes {_MOST_BYTES / 1e9:g} GB"
        return Ruling({"steps": steps, "capacity": capacity}, f"{steps:,} steps: {why}")
    if is_bandit(traits):
        return Ruling(
            {"steps": 20_000, "capacity": 20_000},
            "20,000 steps: every episode is a single step, so each tells all about an action",
        )
    if is_numbered(traits):
        assert traits.states is not None
        pairs = traits.states * traits.spec.num_actions
        steps = _rounded(min(max(100 * pairs, 100_000), 2_000_000))
        return Ruling(
            {"steps": steps, "capacity": min(steps, 100_000)},
            f"{steps:,} steps: {pairs:,} pairs of state and action, each to be tried many times",
        )
    steps = 100_000 if traits.width <= _FEW else 200_000
    return Ruling(
        {"steps": steps, "capacity": 100_000},
        f"{steps:,} steps: {numbers_of(traits)}, and nobody knows yet how hard it is",
    )


def _bytes(dtype: str) -> int:
    return {"bool": 1, "uint8": 1, "int8": 1, "int16": 2, "uint16": 2, "float16": 2}.get(dtype, 4)


def _rounded(steps: float) -> int:
    """Return a number of steps with one digit that is not 0, or two."""
    unit: int = 10 ** (len(str(int(steps))) - 2)
    return math.ceil(steps / unit) * unit
