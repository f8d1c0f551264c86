"""Doom: what its scenarios ask of any deep agent."""

import dataclasses

from qlax.explorers import Uniform
from qlax.presets.fitting import images
from qlax.presets.fitting.settings import Asked
from qlax.rewards import Multiplied
from qlax.schedules import Linear

# Doom's scenarios: rewards are tens and hundreds; few actions are worth repeating for long.
DOOM = dataclasses.replace(
    images.IMAGES,
    steps=100_000,
    epsilon=Linear(start=1.0, end=0.02, steps=40_000),
    duration=Uniform(low=1, high=4),
    capacity=50_000,
    reward=Multiplied(factor=0.01),
    learning_rate=(5e-4, 2.5e-5),
    returns=(-5.0, 5.0),
    learning_starts=2_000,
)


def settings_of(env: str) -> Asked:  # noqa: ARG001
    """Return what any scenario asks for."""
    return Asked(DOOM)
