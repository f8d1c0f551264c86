"""What observations look like: small, hashable descriptions that a compiled program can hold."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np


@dataclass(frozen=True)
class Box:
    """An array of numbers within limits."""

    shape: tuple[int, ...]
    """Shape of one observation."""
    dtype: str
    """NumPy name of its type, such as `float32` or `uint8`."""
    low: float | tuple[float, ...]
    """Lower limit: one number for all entries, or one for each in row-major order."""
    high: float | tuple[float, ...]
    """Upper limit, likewise."""
    frames: int = 1
    """How many successive frames the first axis holds, the newest last; 1 if there is but one."""
    padding: Literal["first", "zeros"] = "first"
    """What stands for the frames before an episode's first: that frame itself, or zeros."""

    def __str__(self) -> str:
        return f"Box(shape={self.shape}, dtype={self.dtype})"

    @property
    def frame_shape(self) -> tuple[int, ...]:
        """Shape of one frame."""
        return self.shape[1:] if self.frames > 1 else self.shape

    @property
    def channels_first(self) -> bool:
        """Whether a frame is an image with its channels before its rows and columns.

        It is taken for one if its first axis is shorter than both others and at most 16 long, and
        the last is longer than 4: (3, 64, 64), but not (7, 7, 3) or (2, 3, 4).
        """
        if len(self.frame_shape) != 3:
            return False
        channels, *sides = self.frame_shape
        return channels < min(sides) and channels <= 16 and sides[-1] > 4

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of a frame with the channels, if it has some, behind rows and columns."""
        first = self.frame_shape[:1] if self.channels_first else ()
        return (*self.frame_shape[len(first) :], *first)


@dataclass(frozen=True)
class Discrete:
    """One of n states. An agent numbers them from zero."""

    n: int
    """How many there are."""
    start: int = 0
    """What the environment itself calls state 0."""

    @property
    def shape(self) -> tuple[int, ...]:
        """A single number."""
        return ()

    @property
    def dtype(self) -> str:
        """NumPy name of its type."""
        return "int32"

    def __str__(self) -> str:
        return f"Discrete({self.n}, start={self.start})" if self.start else f"Discrete({self.n})"


@dataclass(frozen=True)
class Composite:
    """Several observations at once, by name: Gymnasium's Dict, and its Tuple with numbered names.

    Such an observation is a dict of arrays.
    """

    entries: tuple[tuple[str, "Space"], ...]
    """Name and space of each, in order."""

    def __str__(self) -> str:
        return "{" + ", ".join(f"{name}: {space}" for name, space in self.entries) + "}"


Space = Box | Discrete | Composite


def zeros(space: Space, leading: tuple[int, ...] = ()) -> Any:
    """Return observations of zeros, every array with the leading axes in front of its own."""
    if isinstance(space, Composite):
        return {name: zeros(inner, leading) for name, inner in space.entries}
    return np.zeros((*leading, *space.shape), space.dtype)


@dataclass(frozen=True, kw_only=True)
class EnvSpec:
    """What an agent must know of an environment."""

    id: str
    """Gymnasium's name of it, such as `MountainCar-v0`."""
    observation: Space
    """What it shows."""
    num_actions: int
    """How many actions there are; an agent numbers them from zero."""
    first_action: int = 0
    """What the environment itself calls action 0."""
    has_mask: bool = False
    """Whether it says which actions are legal."""
    time_limit: int | None = None
    """Steps after which an episode is truncated, or None."""
    reward_threshold: float | None = None
    """Mean return from which the environment counts as solved, or None."""


def alike(one: EnvSpec, other: EnvSpec) -> bool:
    """Return whether a policy for one fits the other: same actions, same shapes of observations."""
    shapes = [_shapes(spec.observation) for spec in (one, other)]
    return one.num_actions == other.num_actions and shapes[0] == shapes[1]


def _shapes(space: Space) -> Any:
    if isinstance(space, Composite):
        return {name: _shapes(inner) for name, inner in space.entries}
    return space.shape
