"""Values on another scale, so that large returns do not make large gradients."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.validation import check_types


@runtime_checkable
class Rescaling(Protocol):
    """A monotone function h and its inverse: the network predicts h of returns."""

    def __call__(self, value: jax.Array) -> jax.Array:
        """Return h(x), elementwise."""
        ...

    def inverse(self, scaled: jax.Array) -> jax.Array:
        """Return h⁻¹(y), elementwise."""
        ...


@dataclass(frozen=True, kw_only=True)
class Unscaled:
    """h(x) = x."""

    def __call__(self, value: jax.Array) -> jax.Array:
        """Return the value."""
        return value

    def inverse(self, scaled: jax.Array) -> jax.Array:
        """Return the value."""
        return scaled


@dataclass(frozen=True, kw_only=True)
class SquareRoot:
    """h(x) = sign(x) (√(|x| + 1) − 1) + ε x.

    h⁻¹(y) = sign(y) ( ( (√(1 + 4 ε (|y| + 1 + ε)) − 1) / (2 ε) )² − 1 )

    References: Pohlen et al. (2018), arXiv 1805.11593; Kapturowski et al. (2019), R2D2.
    """

    epsilon: float = 1e-3
    """ε > 0: keeps h invertible with bounded slope."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.epsilon > 0.0, "SquareRoot.epsilon", self.epsilon, "greater than 0")

    def __call__(self, value: jax.Array) -> jax.Array:
        """Return h(x)."""
        root = jnp.sqrt(jnp.abs(value) + 1.0) - 1.0
        return jnp.sign(value) * root + self.epsilon * value

    def inverse(self, scaled: jax.Array) -> jax.Array:
        """Return h⁻¹(y)."""
        # (√(1 + 4 ε s) − 1) / (2 ε) = 2 s / (√(1 + 4 ε s) + 1): no difference of near equals.
        inner = jnp.abs(scaled) + 1.0 + self.epsilon
        root = 2.0 * inner / (jnp.sqrt(1.0 + 4.0 * self.epsilon * inner) + 1.0)
        return jnp.sign(scaled) * (jnp.square(root) - 1.0)
