"""MiniGrid and BabyAI: what they ask of any deep agent."""

import dataclasses

from qlax.observations import ScaleToBounds
from qlax.presets.fitting import images
from qlax.presets.fitting.settings import Asked
from qlax.schedules import Linear

# MiniGrid shows what each square holds as three numbers, not as an image. Its one reward comes at
# the end and is found by wandering far.
MINIGRID = dataclasses.replace(
    images.IMAGES,
    steps=300_000,
    observation=ScaleToBounds(),
    epsilon=Linear(start=1.0, end=0.05, steps=100_000),
    n_step=5,
    batch_size=64,
    updates=4,
    learning_rate=(5e-4, 1e-5),
    returns=(0.0, 1.0),
)


def settings_of(env: str) -> Asked:  # noqa: ARG001
    """Return what any of them asks for."""
    return Asked(MINIGRID)
