"""Super Mario Bros.: what it asks of any deep agent."""

import dataclasses

from qlax.presets.fitting import images
from qlax.presets.fitting.settings import Asked
from qlax.rewards import Multiplied
from qlax.schedules import Linear
from qlax.targets import Averaged, Periodic

# Super Mario Bros.: a reward is a step to the right less the time it took, up to 15 a frame. What a
# move is worth shows within a second or two; the emulator takes longer than a few updates more.
# One wrong jump ends the game, so the policy is an average: the newest one may be about to make it.
MARIO = dataclasses.replace(
    images.IMAGES,
    steps=180_000,
    epsilon=Linear(start=1.0, end=0.01, steps=30_000),
    n_step=5,
    capacity=50_000,
    reward=Multiplied(factor=0.02),
    learning_rate=(5e-4, 2.5e-5),
    target=Averaged(target=Periodic(period=500), tau=0.001),
    policy="target",
    discount=0.95,
    returns=(-1.0, 8.0),
    time_limit=1_000,
    learning_starts=2_000,
    updates=4,
)


def settings_of(env: str) -> Asked:  # noqa: ARG001
    """Return what any level asks for."""
    return Asked(MARIO)
