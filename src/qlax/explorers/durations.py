"""For how many steps an exploratory action is repeated."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.validation import check_types


@runtime_checkable
class Duration(Protocol):
    """A distribution over positive numbers of steps."""

    def sample(self, uniform: jax.Array) -> jax.Array:
        """Map uniform numbers in [0, 1) to durations ≥ 1, int32, of the same shape."""
        ...


@dataclass(frozen=True, kw_only=True)
class OneStep:
    """Always one step: plain ε-greedy."""

    def sample(self, uniform: jax.Array) -> jax.Array:
        """Return ones."""
        return jnp.ones_like(uniform, jnp.int32)


@dataclass(frozen=True, kw_only=True)
class Uniform:
    """Every duration from `low` to `high` is equally likely."""

    low: int = 1
    """Shortest duration; at least 1."""
    high: int = 40
    """Longest duration; at least `low`."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.low >= 1, "Uniform.low", self.low, "at least 1")
        require(self.high >= self.low, "Uniform.high", self.high, f"at least low ({self.low})")

    def sample(self, uniform: jax.Array) -> jax.Array:
        """Return low + ⌊u · (high − low + 1)⌋."""
        return self.low + (uniform * (self.high - self.low + 1)).astype(jnp.int32)


@dataclass(frozen=True, kw_only=True)
class Zeta:
    """P(n) ∝ n^−μ for 1 ≤ n ≤ longest: mostly short, now and then very long.

    Reference: Dabney, Ostrovski and Barreto (2020), arXiv 2006.01782 (εz-greedy).
    """

    exponent: float = 2.0
    """μ > 1; smaller means longer repeats."""
    longest: int = 10_000
    """The distribution is truncated here; at least 1."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.exponent > 1.0, "Zeta.exponent", self.exponent, "greater than 1")
        require(1 <= self.longest <= 1_000_000, "Zeta.longest", self.longest, "from 1 to 1,000,000")

    def sample(self, uniform: jax.Array) -> jax.Array:
        """Return the quantile of the truncated distribution at u."""
        weights = jnp.arange(1, self.longest + 1, dtype=jnp.float32) ** -self.exponent
        cumulative = jnp.cumsum(weights)
        rank = jnp.searchsorted(cumulative / cumulative[-1], uniform, side="right")
        return jnp.minimum(rank + 1, self.longest).astype(jnp.int32)
