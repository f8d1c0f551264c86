"""What observations look like: small, hashable descriptions that a compiled program can hold."""

import math
import numbers
from dataclasses import dataclass
from typing import Any, Literal

import jax
import numpy as np

from qlax.errors import require
from qlax.spaces.choices import Choices

MOST_ENTRIES = 2**24
"""Most numbers in one array of an observation."""


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

    def __post_init__(self) -> None:
        _require_whole("Box.shape", self.shape, 1, several=True)
        entries = math.prod(self.shape)
        require(
            entries <= MOST_ENTRIES, "Box.shape", self.shape, f"{MOST_ENTRIES:,} numbers at most"
        )
        require(_is_numeric(self.dtype), "Box.dtype", self.dtype, "NumPy's name of numbers")
        for name in ("low", "high"):
            require(
                _is_limit(getattr(self, name), entries),
                f"Box.{name}",
                getattr(self, name),
                f"a number, or a tuple of {entries}, none of them NaN",
            )
        _require_whole("Box.frames", self.frames, 1)
        stacked = self.frames == 1 or self.shape[:1] == (self.frames,)
        require(stacked, "Box.frames", self.frames, f"1 or the first of {self.shape}")
        require(self.padding in ("first", "zeros"), "Box.padding", self.padding, "first or zeros")

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

    def __post_init__(self) -> None:
        _require_whole("Discrete.n", self.n, 1, 2**31 - 1)
        _require_whole("Discrete.start", self.start, -(2**62), 2**62)

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

    def __post_init__(self) -> None:
        pairs = isinstance(self.entries, tuple) and all(
            isinstance(entry, tuple)
            and len(entry) == 2
            and isinstance(entry[0], str)
            and isinstance(entry[1], Box | Discrete | Composite)
            for entry in self.entries
        )
        names = {entry[0] for entry in self.entries} if pairs else set()
        different = pairs and 1 <= len(names) == len(self.entries)
        require(different, "Composite.entries", self.entries, "pairs of a name and a space")

    def __str__(self) -> str:
        return "{" + ", ".join(f"{name}: {space}" for name, space in self.entries) + "}"


Space = Box | Discrete | Composite


def zeros(space: Space, leading: tuple[int, ...] = ()) -> Any:
    """Return observations of zeros, every array with the leading axes in front of its own."""
    if isinstance(space, Composite):
        return {name: zeros(inner, leading) for name, inner in space.entries}
    return np.zeros((*leading, *space.shape), space.dtype)


def shapes(space: Space, leading: tuple[int, ...] = ()) -> Any:
    """Return what `zeros` returns, as shapes and dtypes alone."""
    if isinstance(space, Composite):
        return {name: shapes(inner, leading) for name, inner in space.entries}
    return jax.ShapeDtypeStruct((*leading, *space.shape), space.dtype)


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
    actions: Choices | None = None
    """What numbers of actions stand for, where an action is not itself a number."""
    has_mask: bool = False
    """Whether it says which actions are legal."""
    time_limit: int | None = None
    """Steps after which an episode is truncated, or None."""
    reward_threshold: float | None = None
    """Mean return from which the environment counts as solved, or None."""

    def __post_init__(self) -> None:
        space, threshold = self.observation, self.reward_threshold
        require(isinstance(self.id, str), "EnvSpec.id", self.id, "a string")
        is_space = isinstance(space, Box | Discrete | Composite)
        require(
            is_space, "EnvSpec.observation", space, "a Box, Discrete or Composite of qlax.spaces"
        )
        _require_whole("EnvSpec.num_actions", self.num_actions, 1, MOST_ENTRIES)
        _require_whole("EnvSpec.first_action", self.first_action, -(2**62), 2**62)
        if self.actions is not None:
            _require_numbered(self.actions, self.num_actions, self.first_action)
        require(isinstance(self.has_mask, bool), "EnvSpec.has_mask", self.has_mask, "True or False")
        if self.time_limit is not None:
            _require_whole("EnvSpec.time_limit", self.time_limit, 1)
        is_mean = threshold is None or (_is_real(threshold) and math.isfinite(threshold))
        require(is_mean, "EnvSpec.reward_threshold", threshold, "a finite number or None")

    @property
    def factors(self) -> int | None:
        """F, where an action is F numbers with action values of their own; None for one number."""
        return None if self.actions is None or self.actions.joint else self.actions.factors

    @property
    def action_shape(self) -> tuple[int, ...]:
        """Shape of an action as an agent numbers it: () or (F,)."""
        return () if self.factors is None else (self.factors,)

    def legal(self, mask: Any) -> np.ndarray:
        """Return which actions are legal, bool, [..., A], as an environment or a person says it.

        Args:
            mask: Of the A actions, or as `Choices.legal` takes it.

        Raises:
            ValueError: if it is neither.
        """
        if self.actions is None:
            return np.asarray(mask, bool)
        if isinstance(mask, np.ndarray) and mask.shape[-1:] == (self.num_actions,):
            return mask.astype(bool)
        if isinstance(mask, np.ndarray) and mask.ndim == 2:
            return np.stack([self.actions.legal(one) for one in mask])
        return self.actions.legal(mask)

    def places(self, number: Any) -> frozenset[int]:
        """Return which of the A action values belong to an action, numbered from zero."""
        if self.factors is None:
            return frozenset((int(number),))
        width = self.num_actions // self.factors
        return frozenset(factor * width + int(own) for factor, own in enumerate(number))

    def own_action(self, number: Any) -> Any:
        """Return the environment's own actions, given those of an agent, inside a program."""
        return number + self.first_action if self.actions is None else self.actions.traced(number)


def _require_numbered(actions: Any, num_actions: int, first: int) -> None:
    """Raise `UsageError` unless actions stand behind all numbers, which begin at zero."""
    require(isinstance(actions, Choices), "EnvSpec.actions", actions, "Choices or None")
    known = actions.num_actions
    require(num_actions == known, "EnvSpec.num_actions", num_actions, f"{known}, as of its actions")
    require(first == 0, "EnvSpec.first_action", first, "0 where there are `actions`")


def _require_whole(
    name: str, value: Any, least: int, most: int = 2**62, *, several: bool = False
) -> None:
    """Raise `UsageError` unless a value, or every one of a tuple, is a whole number in a range."""
    values = value if several and isinstance(value, tuple) else (value,)
    fit = all(_is_whole(one) and least <= one <= most for one in values)
    what = "a tuple of whole numbers" if several else "a whole number"
    require(fit and isinstance(value, tuple) == several, name, value, f"{what}, at least {least}")


def _is_whole(value: Any) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _is_real(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _is_numeric(dtype: Any) -> bool:
    try:
        return np.dtype(dtype).kind in "biufV" and np.dtype(dtype).itemsize in (1, 2, 4, 8)
    except (TypeError, ValueError, SyntaxError):
        return False


def _is_limit(limit: Any, entries: int) -> bool:
    if isinstance(limit, tuple) and len(limit) != entries:
        return False
    if not isinstance(limit, tuple | numbers.Real):
        return False
    try:
        found = np.asarray(limit)
    except (ValueError, OverflowError):
        return False
    return found.dtype.kind in "biuf" and found.ndim <= 1 and not np.isnan(found).any()


def legal_values(spec: EnvSpec, legal: Any, rows: int) -> Any:
    """Return which action values may be taken, [B, A]: those that stand for something; None if all.

    Args:
        spec: The environment's description.
        legal: What it says itself, or None.
        rows: B.
    """
    padding = None if spec.actions is None else spec.actions.padding
    if legal is not None or padding is None:
        return legal
    return np.broadcast_to(padding, (rows, len(padding)))


def alike(one: EnvSpec, other: EnvSpec) -> bool:
    """Return whether a policy for one fits the other.

    It does where there are as many actions, and observations of the same shapes; of numbered states
    there must be as many.
    """
    sizes = [_sizes(spec.observation) for spec in (one, other)]
    same = one.num_actions == other.num_actions and _sizes_apart(one) == _sizes_apart(other)
    return same and sizes[0] == sizes[1]


def _sizes_apart(spec: EnvSpec) -> tuple[int, ...] | None:
    return None if spec.actions is None or spec.actions.joint else spec.actions.sizes


def _sizes(space: Space) -> Any:
    if isinstance(space, Composite):
        return {name: _sizes(inner) for name, inner in space.entries}
    return space.n if isinstance(space, Discrete) else space.shape
