"""Environments that show images: what they ask of any deep agent."""

import dataclasses

from qlax.explorers import Uniform, Zeta
from qlax.networks import CNN, MLP, Network, PerKey
from qlax.observations import Normalise, Pixels, ScaleToBounds
from qlax.presets.fitting.settings import Settings
from qlax.rewards import Clipped, Multiplied
from qlax.schedules import Linear
from qlax.spaces import Box, Composite, Space
from qlax.targets import Averaged, Periodic

# The network of Mnih et al. (2013), arXiv 1312.5602: a quarter of the arithmetic of the one in
# Nature, and on two cores that decides how much is learned in an hour.
FIRST_CNN = CNN(channels=(16, 32), kernels=(8, 4), strides=(4, 2), hidden=(256,))
NATURE_CNN = CNN(channels=(32, 64, 64), kernels=(8, 4, 3), strides=(4, 2, 1), hidden=(512,))
GRID_CNN = CNN()

# Rows or columns from which an image is large enough for strided filters.
_LARGE = 36

# One update of batch 32 for every four steps, as on Atari since 2013; eight environments at a time
# share the way into the compiled program and back.
IMAGES = Settings(
    steps=500_000,
    observation=Pixels(others=Normalise()),
    epsilon=Linear(start=1.0, end=0.02, steps=100_000),
    duration=Zeta(exponent=2.0),
    n_step=3,
    capacity=100_000,
    batch_size=32,
    learning_rate=(2.5e-4, 2.5e-5),
    target=Periodic(period=1_000),
    policy="online",
    returns=(-50.0, 50.0),
    learning_starts=5_000,
    num_envs=8,
    updates=2,
)

# What the ALE's games ask on top: rewards whose sign counts, and less room for C51's atoms.
ATARI = dataclasses.replace(
    IMAGES,
    steps=1_000_000,
    capacity=200_000,
    observation=Pixels(),
    reward=Clipped(low=-1.0, high=1.0),
    returns=(-10.0, 10.0),
)

# Doom's scenarios: rewards are tens and hundreds; few actions are worth repeating for long.
DOOM = dataclasses.replace(
    IMAGES,
    steps=100_000,
    epsilon=Linear(start=1.0, end=0.02, steps=40_000),
    duration=Uniform(low=1, high=4),
    capacity=50_000,
    reward=Multiplied(factor=0.01),
    learning_rate=(5e-4, 2.5e-5),
    returns=(-5.0, 5.0),
    learning_starts=2_000,
)

# MiniGrid shows what each square holds as three numbers, not as a picture. Its one reward comes at
# the end and is found by wandering far.
MINIGRID = dataclasses.replace(
    IMAGES,
    steps=300_000,
    observation=ScaleToBounds(),
    epsilon=Linear(start=1.0, end=0.05, steps=100_000),
    n_step=5,
    batch_size=64,
    updates=4,
    learning_rate=(5e-4, 1e-5),
    returns=(0.0, 1.0),
)

# Super Mario Bros.: a reward is a step to the right less the time it took, up to 15 a frame. What a
# move is worth shows within a second or two; the emulator takes longer than a few updates more.
# One wrong jump ends the game, so the policy is an average: the newest one may be about to make it.
MARIO = dataclasses.replace(
    IMAGES,
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


def fitted_to(settings: Settings, space: Space) -> Settings:
    """Return the settings with a network for what is seen."""
    return dataclasses.replace(settings, network=_network_for(space))


def _network_for(space: Space) -> Network:
    if isinstance(space, Composite):
        keys, inside = zip(*space.entries, strict=True)
        return PerKey(keys=keys, networks=tuple(_network_for(inner) for inner in inside))
    if not has_image(space):
        return MLP(hidden=(64,))
    assert isinstance(space, Box)
    return FIRST_CNN if min(space.image_shape[:2]) >= _LARGE else GRID_CNN


def has_image(space: Space) -> bool:
    """Return whether there is an image: three axes, or two of bytes; frames do not count."""
    if isinstance(space, Composite):
        return any(has_image(inner) for _, inner in space.entries)
    if not isinstance(space, Box):
        return False
    axes = len(space.frame_shape)
    return axes == 3 or (axes == 2 and space.dtype == "uint8")
