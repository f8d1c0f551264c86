"""Continuous actions by a grid."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import gymnasium
import numpy as np

from qlax.actions.factors import JOINT_UP_TO, check_joint, chosen_among, finite_values
from qlax.errors import UsageError, require
from qlax.spaces.choices import Choices
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Every number of a Box action is one of K, evenly spaced from its lower to its upper limit.

    a = low + (high − low) k / (K − 1),  k = 0 … K − 1.  Of D numbers there are K^D combinations:
    where they are many, each number is a factor of its own, as with `Factors`. Spaces that are
    finite anyhow are taken as they are.

    Reference: Seyde et al. (2021), arXiv 2111.02552, for how few points are enough for control.
    """

    shorthand: ClassVar[str] = "points"

    points: int | tuple[int, ...] = 9
    """K, at least 2: one number for all, or one for each number of an action."""
    joint_up_to: int = JOINT_UP_TO
    """Most combinations that are numbered one by one, from 0, for a factor each, to 65,536."""

    def __post_init__(self) -> None:
        check_types(self)
        counts = self.points if isinstance(self.points, tuple) else (self.points,)
        several = bool(counts) and all(2 <= count <= 2**16 for count in counts)
        require(several, "Grid.points", self.points, "2 or more, or a tuple of such numbers")
        check_joint("Grid", self.joint_up_to)

    def choices(self, space: gymnasium.Space, name: str) -> Choices:
        """Return the actions of a space that is not Discrete."""
        if not isinstance(space, gymnasium.spaces.Box):
            return chosen_among(finite_values(space, name), space, self.joint_up_to)
        numbers = math.prod(space.shape)
        if numbers == 0:
            raise UsageError(f"{name} has actions of shape {space.shape}, which do nothing.")
        points = self.points if isinstance(self.points, tuple) else (self.points,) * numbers
        if len(points) != numbers:
            raise UsageError(
                f"Grid.points is {self.points!r}, but must be one number, or one for each of the "
                f"{numbers} numbers of an action of {name}."
            )
        low, high = (limit.astype(np.float64).reshape(-1) for limit in (space.low, space.high))
        bounded = np.isfinite(low) & np.isfinite(high)
        bounded &= high - low < np.finfo(np.float32).max
        if not bounded.all():
            at = int(np.flatnonzero(~bounded)[0])
            raise UsageError(
                f"{name} has actions {space}, whose number {at} reaches from {low[at]:g} to "
                f"{high[at]:g}, but a grid needs limits: wrap the environment with "
                "gymnasium.wrappers.RescaleAction or ClipAction, or give it a bounded Box."
            )
        values = [
            _spaced(least, most, count, space.dtype)
            for least, most, count in zip(low, high, points, strict=True)
        ]
        return chosen_among(values, space, self.joint_up_to)


def _spaced(low: float, high: float, count: int, dtype: Any) -> tuple[float, ...]:
    """Return the grid from one limit to the other; a number that cannot vary has one value."""
    grid = np.linspace(low, high, count)
    if np.dtype(dtype).kind in "iu":
        return tuple(int(value) for value in np.unique(np.rint(grid)))
    kept = grid.astype(dtype)
    return tuple(float(value) for value in kept[np.sort(np.unique(kept, return_index=True)[1])])
