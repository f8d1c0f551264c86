"""Values over states that can be laid out in a plane: the picture of what was learned."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from qlax.arguments import refuses_plainly, whole_number
from qlax.explaining.evaluating import Eyes
from qlax.explaining.flat import as_observation, bounds_of, points_between, size_of
from qlax.explaining.names import Dimension, dimensions_of
from qlax.observations import Moments
from qlax.policy import Policy, require_policy
from qlax.precision import in_32_bits
from qlax.spaces import EnvSpec

SIZE = 60
"""Points along each axis, unless another number is given."""
_DEVIATIONS = 3.0
"""How far around the mean of what was seen to look where there are no limits."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ValueSurface:
    """max_a Q(s, a) and the action that has it, over two numbers that are observed."""

    x: np.ndarray
    """Values of the first number, ascending, float32, shape [X]."""
    y: np.ndarray
    """Values of the second, likewise, shape [Y]."""
    names: tuple[Dimension, Dimension]
    """What the two are."""
    values: np.ndarray
    """max_a Q, float32, shape [Y, X]."""
    actions: np.ndarray
    """The greedy action, numbered from zero, int32, shape [Y, X]."""
    q_values: np.ndarray
    """All action values, float32, shape [Y, X, A]."""

    def as_json(self) -> dict[str, Any]:
        """Return what a page needs to draw it, in few digits."""
        return {
            "x": _short(self.x),
            "y": _short(self.y),
            "names": [name.label for name in self.names],
            "values": [_short(row) for row in self.values],
            "actions": self.actions.tolist(),
        }


@refuses_plainly
@in_32_bits
def value_surface(policy: Policy, size: int = SIZE) -> ValueSurface | None:
    """Return the values of a policy over what it observes, if that is two numbers.

    All points are looked at in few calls of one compiled program, which all moments of a run share:
    quick enough to be shown while it changes.

    Args:
        policy: Whose values.
        size: Points along each axis, at least 2; fewer where there are not so many whole numbers.

    Returns:
        The surface; None for what observes something else, has a memory, may take some actions
        only in states that it was told of, or knows no limits of what it observes.
    """
    require_policy(policy)
    size = whole_number("size", size, at_least=2)
    limits = limits_of(policy)
    if limits is None or why_not(policy) is not None:
        return None
    return surface_over(policy, limits, size)


def why_not(policy: Policy) -> str | None:
    """Return why values cannot be asked for in any state whatever, in a sentence; None if so."""
    if policy.agent.memory is not None:
        return "The agent has a memory: its values depend on what was seen before, not on a state."
    if policy.spec.has_mask:
        return "Which actions are legal is known only where the environment says it."
    return None


def is_plane(spec: EnvSpec) -> bool:
    """Return whether an observation is two numbers."""
    return size_of(spec) == 2


def limits_of(policy: Policy) -> np.ndarray | None:
    """Return the lowest and highest of two numbers, shape [2, 2]; None if they are not known.

    They are the environment's, or, where it has none, three standard deviations about the mean of
    what was seen in training, if the policy knows that.
    """
    if not is_plane(policy.spec):
        return None
    low, high, bounded, _ = bounds_of(policy.spec.observation)
    stage = policy.params.stage
    if not bounded.all():
        if not isinstance(stage, Moments) or float(stage.count) < 2.0:
            return None
        mean = np.asarray(stage.mean, float)
        spread = _DEVIATIONS * np.sqrt(np.asarray(stage.squares, float) / float(stage.count))
        low = np.where(bounded, low, mean - spread)
        high = np.where(bounded, high, mean + spread)
    return np.stack([low, high], -1)


def surface_over(
    policy: Policy, limits: np.ndarray, size: int = SIZE, params: Any = None
) -> ValueSurface:
    """Return the surface between limits, [2, 2], maybe with the parameters of another moment."""
    space = policy.spec.observation
    x, y = (
        points_between(float(low), float(high), size, whole=bool(whole))
        for (low, high), whole in zip(limits, bounds_of(space).whole, strict=True)
    )
    points = np.stack(np.meshgrid(x, y), -1)  # [Y, X, 2]
    look = Eyes(policy).at(as_observation(space, points.reshape(-1, 2)), params=params)
    names = dimensions_of(policy.spec)
    return ValueSurface(
        x=x,
        y=y,
        names=(names[0], names[1]),
        values=look.value.reshape(points.shape[:2]),
        actions=look.action.reshape(points.shape[:2]),
        q_values=look.q_values.reshape(*points.shape[:2], -1),
    )


def _digits(spread: float) -> int:
    """Return after how many digits a thousandth of a spread is shown."""
    return 3 - math.floor(math.log10(spread)) if spread > 0.0 else 6


def _short(numbers: np.ndarray) -> list[float]:
    """Return numbers in as many digits as tell them apart in a picture."""
    spread = float(np.ptp(numbers)) if len(numbers) else 0.0
    return [round(float(value), min(max(_digits(spread), 0), 9)) for value in numbers]
