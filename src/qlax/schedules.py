"""Schedules: numbers that change with time, such as ε and learning rates.

A schedule is called with the number of environment steps (or updates) taken so far, an int32
scalar that stays at 2³¹ − 1, and returns a float32 scalar. Wherever a schedule is accepted, a plain
float is too.
"""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from qlax.config import fields_of, is_part
from qlax.errors import UsageError, require
from qlax.maths.counting import MOST
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
    steps: int | None = 10_000
    """Length of the line, in steps, at least 1; None for a line that ends with the run."""
    begin: int = 0
    """Step at which the line begins."""

    def __post_init__(self) -> None:
        check_types(self)
        has_length = self.steps is None or self.steps >= 1
        require(has_length, "Linear.steps", self.steps, "at least 1, or None")
        require(self.begin >= 0, "Linear.begin", self.begin, "0 or more")

    def __call__(self, step: jax.Array) -> jax.Array:
        """Return the value at `step`.

        Raises:
            UsageError: if the line ends with the run, and the run's length is not known.
        """
        if self.steps is None:
            raise UsageError(
                "Linear.steps is None, for a line that ends with the run, but the run's length is "
                "not known here: take agent.for_run(steps), as `train` does, or a number."
            )
        fraction = jnp.clip((step - self.begin) / self.steps, 0.0, 1.0)
        return self.start + (self.end - self.start) * fraction

    def for_run(self, length: int) -> "Linear":
        """Return the line as long as a run of `length` steps leaves it, if it ends with the run."""
        if self.steps is not None:
            return self
        return dataclasses.replace(self, steps=min(max(length - self.begin, 1), MOST))

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


def for_run(part: Any, length: int) -> Any:
    """Return a part in which every schedule that ends with the run knows when that is.

    A schedule of a user's own is asked if it has a method `for_run`, as `Linear` has.

    Args:
        part: A part of an agent, or a value in one.
        length: Length of the run, in the steps that the part's schedules are called with.
    """
    if isinstance(part, Schedule) and hasattr(part, "for_run"):
        return part.for_run(length)
    if not is_part(part):
        return part
    values = {entry.name: getattr(part, entry.name) for entry in fields_of(part)}
    settled = {name: for_run(value, length) for name, value in values.items()}
    changed = {name: value for name, value in settled.items() if value is not values[name]}
    return dataclasses.replace(part, **changed) if changed else part
