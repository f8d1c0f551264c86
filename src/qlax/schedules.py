"""Numbers that change with time: ε, learning rates.

A schedule is called with the number of environment steps (or updates) taken so far, an int32
scalar, and returns a float32 scalar. Wherever a schedule is accepted, a plain float is too.
"""

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.validation import check_types


@runtime_checkable
class Schedule(Protocol):
    """Anything that maps a step count to a value."""

    def __call__(self, step: jax.Array) -> jax.Array:
        """Return the value at `step`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Linear:
    """A straight line, then constant: start + (end − start) · clip((t − begin) / steps, 0, 1)."""

    start: float = 1.0
    """Value until `begin`."""
    end: float = 0.05
    """Value from `begin + steps` on."""
    steps: int = 10_000
    """Length of the line, in steps; at least 1."""
    begin: int = 0
    """Step at which the line begins."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.steps >= 1, "Linear.steps", self.steps, "at least 1")
        require(self.begin >= 0, "Linear.begin", self.begin, "0 or more")

    def __call__(self, step: jax.Array) -> jax.Array:
        """Return the value at `step`."""
        fraction = jnp.clip((step - self.begin) / self.steps, 0.0, 1.0)
        return self.start + (self.end - self.start) * fraction

    def extremes(self) -> tuple[float, float]:
        """Return the smallest and the largest value the schedule takes."""
        return min(self.start, self.end), max(self.start, self.end)


@dataclass(frozen=True, kw_only=True)
class Exponential:
    """Geometric decay with a floor: max(end, start · rate^max(t − begin, 0))."""

    start: float = 1.0
    """Value until `begin`."""
    rate: float = 0.995
    """Factor per step, in (0, 1]."""
    end: float = 0.01
    """The value never falls below this."""
    begin: int = 0
    """Step at which the decay begins."""

    def __post_init__(self) -> None:
        check_types(self)
        require(0.0 < self.rate <= 1.0, "Exponential.rate", self.rate, "in (0, 1]")
        require(self.begin >= 0, "Exponential.begin", self.begin, "0 or more")
        require(
            self.end <= self.start, "Exponential.end", self.end, f"at most start ({self.start})"
        )

    def __call__(self, step: jax.Array) -> jax.Array:
        """Return the value at `step`."""
        elapsed = jnp.maximum(step - self.begin, 0).astype(jnp.float32)
        return jnp.maximum(self.end, self.start * self.rate**elapsed)

    def extremes(self) -> tuple[float, float]:
        """Return the smallest and the largest value the schedule takes."""
        return self.end, self.start


def value_at(schedule: float | Schedule, step: jax.Array) -> jax.Array:
    """Return the value of a schedule, or of a plain number, at `step`."""
    if callable(schedule):
        return schedule(step)
    return jnp.asarray(schedule, jnp.float32)


def extremes(schedule: float | Schedule) -> tuple[float, float]:
    """Return the smallest and largest value; NaN for a schedule without a method that says so."""
    if not callable(schedule):
        return float(schedule), float(schedule)
    known = getattr(schedule, "extremes", lambda: (math.nan, math.nan))
    smallest, largest = known()
    return float(smallest), float(largest)
