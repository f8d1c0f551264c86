"""Observations as lists of numbers, and back: for what shows a few numbers in whatever shape."""

import math
from typing import Any, NamedTuple

import numpy as np

from qlax.explaining.frames import is_image
from qlax.spaces import Composite, Discrete, EnvSpec, Space

MOST = 64
"""Numbers beyond which an observation is not taken for a list of them."""
_WIDEST = 1e6
"""Limits beyond this are none."""


class Bounds(NamedTuple):
    """What the numbers of an observation may be, each [D]."""

    low: np.ndarray
    high: np.ndarray
    bounded: np.ndarray
    """Which have limits, bool."""
    whole: np.ndarray
    """Which are whole numbers, bool."""


def size_of(spec: EnvSpec) -> int | None:
    """Return how many numbers an observation is; None if it is images, stacks, a state or more."""
    if isinstance(spec.observation, Discrete):
        return None
    size = _size(spec.observation)
    return size if size is not None and size <= MOST else None


def _size(space: Space) -> int | None:
    if isinstance(space, Composite):
        sizes = [_size(inner) for _, inner in space.entries]
        return None if None in sizes else sum(size for size in sizes if size is not None)
    if isinstance(space, Discrete):
        return 1
    return None if space.frames > 1 or is_image(space) else math.prod(space.shape)


def as_numbers(space: Space, observation: Any) -> np.ndarray:
    """Return observations, each array [V, …], as lists of numbers, [V, D], float64."""
    if isinstance(space, Composite):
        parts = [as_numbers(inner, observation[name]) for name, inner in space.entries]
        return np.concatenate(parts, -1)
    array = np.asarray(observation, float)
    return array.reshape(len(array), -1)


def as_observation(space: Space, numbers: np.ndarray) -> Any:
    """Return the observations that lists of numbers, [V, D], are of."""
    if not isinstance(space, Composite):
        shaped = numbers.reshape(len(numbers), *space.shape)
        is_whole = np.dtype(space.dtype).kind in "iub"
        return (np.rint(shaped) if is_whole else shaped).astype(space.dtype)
    found, begin = {}, 0
    for name, inner in space.entries:
        end = begin + (_size(inner) or 0)
        found[name] = as_observation(inner, numbers[:, begin:end])
        begin = end
    return found


def bounds_of(space: Space) -> Bounds:
    """Return what the numbers of an observation may be."""
    if isinstance(space, Composite):
        inside = [bounds_of(inner) for _, inner in space.entries]
        return Bounds(*(np.concatenate(parts) for parts in zip(*inside, strict=True)))
    if isinstance(space, Discrete):
        low, high = np.zeros(1), np.full(1, space.n - 1.0)
    else:
        size = math.prod(space.shape)
        low, high = (
            np.broadcast_to(np.asarray(one, float).reshape(-1), size)
            for one in (space.low, space.high)
        )
    bounded = (np.abs(low) < _WIDEST) & (np.abs(high) < _WIDEST) & (low < high)
    is_whole = isinstance(space, Discrete) or np.dtype(space.dtype).kind in "iub"
    return Bounds(low, high, bounded, np.full(len(low), is_whole))


def points_between(low: float, high: float, size: int, *, whole: bool) -> np.ndarray:
    """Return up to `size` evenly spaced numbers, float32, ascending; whole ones if asked for."""
    points = np.linspace(low, high, size)
    return np.unique(np.rint(points) if whole else points).astype(np.float32)
