"""Environments that show images: what they ask of any deep agent, and networks for them."""

import dataclasses

from qlax.envs.images import has_image
from qlax.explorers import Zeta
from qlax.networks import CNN, MLP, Network, PerKey
from qlax.observations import Normalise, Pixels
from qlax.presets.fitting.settings import Settings
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
IMAGES = Settings(
    steps=500_000,
    by_sight=True,
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
