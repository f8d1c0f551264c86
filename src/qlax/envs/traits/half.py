"""What was seen in play, step by step."""

from dataclasses import dataclass, field

import numpy as np

from qlax.numbering import arrays_of
from qlax.spaces import EnvSpec, Space

LONGEST_HOLD = 40
"""The most steps for which held actions are kept to."""
_NOTHING = 1e-7
"""Numbers up to this are what rounding leaves of 0."""
_WIDEST = 4_096
"""Numbers of an observation up to which each is looked at."""


@dataclass
class Half:
    """What was seen while actions were chosen in one way. Lists have an entry for each step."""

    actions: list[tuple[int, ...]] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    terminated: list[bool] = field(default_factory=list)
    truncated: list[bool] = field(default_factory=list)
    begins: list[bool] = field(default_factory=list)
    """Whether the step is the first of an episode, or of the play."""
    before: list[bytes] = field(default_factory=list)
    """The observation that the action was taken in, as bytes."""
    after: list[bytes] = field(default_factory=list)
    numbers: list[np.ndarray] = field(default_factory=list)
    """The numbers of `before`; empty where they are too many."""
    legal: list[float] = field(default_factory=list)
    """Which share of the actions was legal."""

    def first(self, steps: int) -> "Half":
        """Return the first steps alone."""
        return Half(**{name: values[:steps] for name, values in vars(self).items()})


@dataclass(frozen=True)
class Play:
    """Both halves of it."""

    single: Half
    """A new action at each step."""
    held: Half
    """Actions that are kept to."""
    seconds: float
    """How long it took, for whoever wants to know the speed; no decision may depend on it."""
    is_on_host: bool = True
    """Whether every step was a call from Python."""

    @property
    def steps(self) -> int:
        """Steps of both halves."""
        return len(self.single.actions) + len(self.held.actions)


def every_action(spec: EnvSpec) -> np.ndarray:
    """Return which values each factor of an action has, bool, [F, W]; [1, A] of a single number."""
    if spec.factors is None:
        return np.ones((1, spec.num_actions), bool)
    assert spec.actions is not None
    width = spec.actions.width
    return np.array([np.arange(width) < size for size in spec.actions.sizes])


def read(observation: object, space: Space) -> tuple[bytes, np.ndarray]:
    """Return one observation, each array [1, …], as bytes, and as numbers if they are not many.

    Bytes are of numbers with four digits: others are how a state was come to, and not what it is.
    """
    arrays = arrays_of(observation, space)
    text = b"".join(_coarse(np.asarray(array)).tobytes() for array in arrays)
    if sum(array.size for array in arrays) > _WIDEST:
        return text, np.zeros(0, np.float32)
    return text, np.concatenate([np.asarray(array[0], np.float32) for array in arrays])


def coarse(reward: float) -> str:
    """Return a reward with four digits, to be compared."""
    return f"{reward if abs(reward) > _NOTHING else 0.0:.4g}"


def _coarse(array: np.ndarray) -> np.ndarray:
    """Return an array whose real numbers have 15 bits of their 23 behind the point."""
    if array.dtype.kind != "f":
        return array
    kept = np.where(np.abs(array) > _NOTHING, array, 0.0).astype(np.float32)
    bits = np.ascontiguousarray(kept).view(np.uint32)
    return (bits + np.uint32(0x80)) & np.uint32(0xFFFFFF00)
