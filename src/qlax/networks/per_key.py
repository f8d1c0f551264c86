"""A network of its own for each entry of an observation that has several."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from qlax.errors import UsageError, require
from qlax.features import Features, SparseFeatures
from qlax.networks.core import Network
from qlax.networks.scoped import Scoped
from qlax.spaces import Composite, Space
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class PerKey:
    """φ(s) = (network₁(s[key₁]), network₂(s[key₂]), …), end to end: an image and a vector, say.

    Entries whose keys are left out are ignored. If all networks are tables or tile codings, the
    features stay sparse and q is the sum of theirs; beside dense features, sparse ones become
    vectors of zeros and ones.
    """

    keys: tuple[str, ...] = ()
    """Names of the entries, as in Gymnasium's Dict; those of a Tuple are "0", "1", …"""
    networks: tuple[Network | nn.Module, ...] = ()
    """A network for each key, in the same order."""

    def __post_init__(self) -> None:
        check_types(self)
        different = len(self.keys) >= 1 and len(set(self.keys)) == len(self.keys)
        require(different, "PerKey.keys", self.keys, "one or more different names")
        require(
            len(self.networks) == len(self.keys),
            "PerKey.networks",
            self.networks,
            f"{len(self.keys)}: one for each key",
        )

    def __call__(self, observation: Any, space: Space) -> Features:
        """Return the features of all entries."""
        if not isinstance(space, Composite):
            raise UsageError(f"PerKey needs an observation of several entries, not {space}.")
        inner = dict(space.entries)
        for key in self.keys:
            if key not in inner:
                known = ", ".join(inner)
                raise UsageError(
                    f"PerKey.keys has {key!r}, but the observation's entries are {known}."
                )
        return _joined(
            [
                # A prefix, since a key may be the name of a field of the module this is called in.
                Scoped(network, inner[key], name=f"key_{key}")(observation[key])
                for key, network in zip(self.keys, self.networks, strict=True)
            ]
        )


def _joined(parts: list[Features]) -> Features:
    """Return features end to end: sparse if all are."""
    sparse = [part for part in parts if isinstance(part, SparseFeatures)]
    if len(sparse) < len(parts):
        return jnp.concatenate([_as_dense(part) for part in parts], -1)
    indices, size = [], 0
    for part in sparse:
        indices.append(part.indices + size)
        size += part.size
    return SparseFeatures(jnp.concatenate(indices, -1), size)


def _as_dense(features: Features) -> jax.Array:
    if isinstance(features, SparseFeatures):
        return jax.nn.one_hot(features.indices, features.size).sum(-2)
    return features
