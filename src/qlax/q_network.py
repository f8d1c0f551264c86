"""A Q-network is an observation stage, a network and a head, applied the same everywhere."""

import jax
from flax import linen as nn

from qlax.heads.core import Head
from qlax.networks.core import Network
from qlax.observations import Observation, dense
from qlax.spaces import Space


class QNetwork(nn.Module):
    """Z(s, ·) = head(network(observation stage(s)))."""

    observation: Observation
    network: Network | nn.Module
    head: Head
    space: Space
    num_actions: int

    @nn.compact
    def __call__(self, observation: jax.Array) -> jax.Array:
        """Return Z(s, ·) for a batch of raw observations, shape [B, …]."""
        observation, space = self.observation(observation, self.space)
        if isinstance(self.network, nn.Module):
            features = self.network(dense(observation, space))
        else:
            features = self.network(observation, space)
        return self.head.predict(features, self.num_actions)
