"""Several discrete numbers at once: MultiDiscrete and MultiBinary."""

import math
from dataclasses import dataclass

import gymnasium
import numpy as np

from qlax.errors import UsageError, require
from qlax.spaces.choices import MOST_JOINT, Choices
from qlax.validation import check_types

JOINT_UP_TO = 256
"""Most combinations that are one action each, unless told otherwise."""


@dataclass(frozen=True, kw_only=True)
class Factors:
    """MultiDiscrete and MultiBinary actions; one action where there are few combinations.

    Where there are more, each factor i has action values of its own, and

        Q(s, a) = (1 / F) Σ_i Q_i(s, a_i),

    whose greedy action is the greedy one of every factor.

    References: Sunehag et al. (2018), arXiv 1706.05296, for values that are sums over factors;
    Tavakoli, Pardo and Kormushev (2018), arXiv 1711.08946, for a branch of the network each; Seyde
    et al. (2023), arXiv 2210.12566, for the mean.
    """

    joint_up_to: int = JOINT_UP_TO
    """Most combinations that are numbered one by one, from 0, for a factor each, to 65,536."""

    def __post_init__(self) -> None:
        check_types(self)
        check_joint("Factors", self.joint_up_to)

    def choices(self, space: gymnasium.Space, name: str) -> Choices:
        """Return the actions of a space that is not Discrete."""
        return chosen_among(finite_values(space, name), space, self.joint_up_to)


def check_joint(owner: str, joint_up_to: int) -> None:
    """Raise `UsageError` unless so many combinations can be numbered."""
    within = 0 <= joint_up_to <= MOST_JOINT
    require(within, f"{owner}.joint_up_to", joint_up_to, f"from 0 to {MOST_JOINT:,}")


def chosen_among(
    values: list[tuple[float, ...]], space: gymnasium.Space, joint_up_to: int
) -> Choices:
    """Return the product of lists of values: one action each where there are few combinations."""
    assert space.shape is not None
    assert space.dtype is not None
    return Choices(
        values=tuple(values),
        shape=tuple(map(int, space.shape)),
        dtype=str(np.dtype(space.dtype)),
        joint=math.prod(map(len, values)) <= joint_up_to,
    )


def finite_values(space: gymnasium.Space, name: str) -> list[tuple[float, ...]]:
    """Return the values of each number of a MultiDiscrete or MultiBinary action.

    Raises:
        UsageError: if the space is neither.
    """
    if isinstance(space, gymnasium.spaces.MultiBinary):
        return [(0, 1)] * int(np.prod(space.shape))
    if isinstance(space, gymnasium.spaces.MultiDiscrete):
        starts, counts = space.start.reshape(-1), space.nvec.reshape(-1)
        return [
            tuple(range(int(start), int(start + count)))
            for start, count in zip(starts, counts, strict=True)
        ]
    if isinstance(space, gymnasium.spaces.Box):
        raise UsageError(
            f"{name} has continuous actions, {space}, but Q-learning chooses among finitely many: "
            "give the agent a grid of them, such as actions.Grid(points=9)."
        )
    raise UsageError(
        f"{name} has actions {space}, but Q-learning chooses among finitely many: its action space "
        "must be Discrete, MultiDiscrete, MultiBinary, or a Box, of which a grid is taken."
    )
