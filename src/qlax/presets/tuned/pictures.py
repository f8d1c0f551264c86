"""Environments that show images: what they ask of any deep agent."""

import dataclasses

from qlax.explorers import Zeta
from qlax.networks import CNN, MLP, Network, PerKey
from qlax.observations import Pixels
from qlax.presets.tuned.suit import Suit
from qlax.rewards import Clipped
from qlax.schedules import Linear
from qlax.spaces import Box, Composite, Space
from qlax.targets import Periodic

# The network of Mnih et al. (2013), arXiv 1312.5602: a quarter of the arithmetic of the one in
# Nature, and on two cores that decides how much is learned in an hour.
FIRST_CNN = CNN(channels=(16, 32), kernels=(8, 4), strides=(4, 2), hidden=(256,))
NATURE_CNN = CNN(channels=(32, 64, 64), kernels=(8, 4, 3), strides=(4, 2, 1), hidden=(512,))
GRID_CNN = CNN()

# Rows or columns from which an image is large enough for strided filters.
_LARGE = 36

# One update of batch 32 for every four steps, as on Atari since 2013; eight environments at a time
# share the way into the compiled program and back.
PICTURES = Suit(
    steps=500_000,
    network=FIRST_CNN,
    observation=Pixels(),
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
    PICTURES,
    steps=1_000_000,
    capacity=200_000,
    reward=Clipped(low=-1.0, high=1.0),
    returns=(-10.0, 10.0),
)


def suit_for(space: Space) -> Suit | None:
    """Return what observations with images in them ask for; None if there are none."""
    if not _has_image(space):
        return None
    return dataclasses.replace(PICTURES, network=_network_for(space))


def _network_for(space: Space) -> Network:
    if isinstance(space, Composite):
        keys, inside = zip(*space.entries, strict=True)
        return PerKey(keys=keys, networks=tuple(_network_for(inner) for inner in inside))
    if not _has_image(space):
        return MLP(hidden=(64,))
    assert isinstance(space, Box)
    return FIRST_CNN if min(_image_shape(space)[:2]) >= _LARGE else GRID_CNN


def _has_image(space: Space) -> bool:
    """Return whether there is an image: three axes, or two of bytes; frames do not count."""
    if isinstance(space, Composite):
        return any(_has_image(inner) for _, inner in space.entries)
    if not isinstance(space, Box):
        return False
    axes = len(_image_shape(space))
    return axes == 3 or (axes == 2 and space.dtype == "uint8")


def _image_shape(space: Box) -> tuple[int, ...]:
    return space.shape[1:] if space.frames > 1 else space.shape
