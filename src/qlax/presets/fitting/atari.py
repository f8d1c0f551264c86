"""Atari games: what they ask of any deep agent; agents of papers have their papers' settings."""

import dataclasses

from qlax.observations import Pixels
from qlax.presets.fitting import images, published
from qlax.presets.fitting.settings import Asked, Tuning
from qlax.rewards import Clipped

# What the ALE's games ask on top: rewards whose sign counts, and less room for C51's atoms.
ATARI = dataclasses.replace(
    images.IMAGES,
    steps=1_000_000,
    capacity=200_000,
    observation=Pixels(),
    reward=Clipped(low=-1.0, high=1.0),
    returns=(-10.0, 10.0),
)


def settings_of(env: str) -> Asked:  # noqa: ARG001
    """Return what any of the games asks for."""
    named = {
        name: Tuning(tune, published.STEPS, published=True)
        for name, tune in published.PUBLISHED.items()
    }
    return Asked(ATARI, named)
