"""A network in a scope of its own, where its layers' names meet no others."""

from typing import Any

import jax
from flax import linen as nn

from qlax.activations import looked_at
from qlax.features import Features
from qlax.networks.core import Network
from qlax.observations import dense
from qlax.protocols.shapes import require_features
from qlax.spaces import Space


class Scoped(nn.Module):
    """A network as a module: one of ours, or one of a user's own."""

    network: Network | nn.Module
    space: Space

    @nn.compact
    def __call__(self, observation: Any) -> Features:
        """Return features of a batch of observations of the space."""
        return features_of(self.network, observation, self.space)


def features_of(network: Network | nn.Module, observation: Any, space: Space) -> Features:
    """Return a network's features of a batch of observations; called inside a Flax module."""
    features: Features
    if isinstance(network, nn.Module):
        features = looked_at(network(dense(observation, space)))
    else:
        features = network(observation, space)
    require_features(network, features, len(jax.tree.leaves(observation)[0]))
    return features
