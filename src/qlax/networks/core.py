"""The protocol every network follows."""

from typing import Protocol, runtime_checkable

import jax

from qlax.features import Features
from qlax.spaces import Space


@runtime_checkable
class Network(Protocol):
    """Maps observations to features.

    It is called inside a Flax module, so it may create layers. A user's own `flax.linen.Module`
    need not know about spaces: it is called with a dense array of shape [B, …] alone.
    """

    def __call__(self, observation: jax.Array, space: Space) -> Features:
        """Return features of a batch of observations, shape [B, F]."""
        ...
