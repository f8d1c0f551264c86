"""Running a network by itself."""

from flax import linen as nn

from qlax.features import linear
from qlax.networks import Network
from qlax.spaces import Box, Space


class Applied(nn.Module):
    """Features of a network, dense or sparse."""

    network: Network
    space: Space

    @nn.compact
    def __call__(self, observation):
        return self.network(observation, self.space)


class Summed(nn.Module):
    """One linear output on a network's features."""

    network: Network
    space: Space

    @nn.compact
    def __call__(self, observation):
        return linear(self.network(observation, self.space), 1, name="output")[:, 0]


def features(network, space, observation):
    """Return the features of a network that has no parameters."""
    return Applied(network, space).apply({}, observation)


def box(low, high):
    """Return a Box of as many entries as there are limits."""
    return Box(shape=(len(low),), dtype="float32", low=tuple(low), high=tuple(high))
