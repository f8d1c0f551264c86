"""From features to outputs per action: directly, or through value and advantage."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import jax

from qlax.activations import activated
from qlax.errors import require
from qlax.features import Features
from qlax.layers import Dense, Layer
from qlax.validation import check_types


@runtime_checkable
class Stream(Protocol):
    """The last layers of a network; every kind of head can use every kind of stream."""

    def __call__(self, features: Features, num_actions: int, outputs: int) -> jax.Array:
        """Return an array of shape [..., num_actions, outputs]; called inside a Flax module."""
        ...


@dataclass(frozen=True, kw_only=True)
class Plain:
    """One linear layer: Z(s, a) = w_a · φ(s) + c_a."""

    layer: Layer = field(default_factory=Dense)
    """Kind of layer: `Dense()` or `Noisy()`."""

    def __post_init__(self) -> None:
        check_types(self)

    def __call__(self, features: Features, num_actions: int, outputs: int) -> jax.Array:
        """Return the outputs of every action."""
        flat = self.layer(features, num_actions * outputs, name="output")
        return flat.reshape((*flat.shape[:-1], num_actions, outputs))


@dataclass(frozen=True, kw_only=True)
class Dueling:
    """Value plus centred advantage: Z(s, a) = V(s) + A(s, a) − mean_a A(s, a).

    Reference: Wang et al. (2016), arXiv 1511.06581.
    """

    hidden: int = 0
    """Width of one hidden ReLU layer in each of the two streams; 0 for none."""
    layer: Layer = field(default_factory=Dense)
    """Kind of layer: `Dense()` or `Noisy()`."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.hidden >= 0, "Dueling.hidden", self.hidden, "0 or more")

    def __call__(self, features: Features, num_actions: int, outputs: int) -> jax.Array:
        """Return the outputs of every action."""
        value = self._stream(features, outputs, "value")[..., None, :]
        flat = self._stream(features, num_actions * outputs, "advantage")
        advantage = flat.reshape((*flat.shape[:-1], num_actions, outputs))
        return value + advantage - advantage.mean(-2, keepdims=True)

    def _stream(self, features: Features, outputs: int, name: str) -> jax.Array:
        if self.hidden:
            hidden = self.layer(features, self.hidden, name=f"{name}_hidden", hidden=True)
            features = activated(hidden)
        return self.layer(features, outputs, name=name)
