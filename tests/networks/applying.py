"""Running a network by itself."""

import numpy as np
from flax import linen as nn

from qlax.layers import Dense
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
        return Dense()(self.network(observation, self.space), 1, name="output")[:, 0]


def features(network, space, observation):
    """Return the features of a network that has no parameters."""
    return Applied(network, space).apply({}, observation)


def matrix_of(weights):
    """Return W of a dense layer as [inputs, outputs]: narrow ones store it the other way round."""
    kernel = np.asarray(weights["kernel"])
    assert kernel.shape[0] != kernel.shape[1], "a square does not show which way round it is"
    return kernel if kernel.shape[1] == len(weights["bias"]) else kernel.T


def box(low, high):
    """Return a Box of as many entries as there are limits."""
    return Box(shape=(len(low),), dtype="float32", low=tuple(low), high=tuple(high))
