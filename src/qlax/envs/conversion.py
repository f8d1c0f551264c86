"""From what Gymnasium shows to arrays in the dtypes of the spec, with the action mask apart.

Numbers that the space does not hold are refused, for a cast would turn them into others.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from qlax.envs.returned import EXACT
from qlax.spaces import Box, Composite, Discrete, EnvSpec, Space

MASK = "action_mask"
ROUNDING = 1e-5
"""Share of a limit by which rounding may exceed it."""


class Read(NamedTuple):
    """What was shown."""

    observation: Any
    """An array, or a dict of arrays for a `Composite` space."""
    legal: np.ndarray | None
    """The mask that was among the observations, bool; None if there was none."""


class Unfit(ValueError):  # noqa: N818
    """Something shown that is not in the space: what it is, and what the space says."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}, but {why}")
        self.what, self.why = what, why


def mask_method(env: Any) -> Callable[[], Any] | None:
    """Return an environment's method `action_masks`, wherever in its wrappers it is, or None."""
    found = env.get_wrapper_attr("action_masks") if env.has_wrapper_attr("action_masks") else None
    return found if callable(found) else None


class Reader:
    """Reads observations of an environment, one at a time or in batches.

    Args:
        spec: The environment's description.
        remark: Called with a sentence about numbers that can be learned from, but not as well as
            they might be; each is said once.
    """

    def __init__(self, spec: EnvSpec, remark: Callable[[str], None] = lambda _: None) -> None:
        self._spec = spec
        self._leaves = _leaves(spec.observation, "", remark)

    def __call__(self, observation: Any) -> Read:
        """Return copies of one observation's arrays, and the mask if it is among them.

        Raises:
            Unfit: if it is not in the space.
        """
        observation, legal = self._without_mask(observation)
        return Read(_each(self._leaves, observation, _read_one), legal)

    def arrays(self, observation: Any) -> Read:
        """Return the arrays of an observation or a batch as they are; `fit` makes them ours."""
        observation, legal = self._without_mask(observation)
        return Read(_each(self._leaves, observation, lambda _, shown: np.array(shown)), legal)

    def fit(self, arrays: Any) -> Any:
        """Return arrays in the spec's dtypes.

        Raises:
            Unfit: if their numbers are not in the space.
        """
        return _each(self._leaves, arrays, lambda leaf, array: leaf.fit(array))

    def _without_mask(self, observation: Any) -> tuple[Any, np.ndarray | None]:
        if not (self._spec.has_mask and isinstance(observation, dict) and MASK in observation):
            return observation, None
        legal = np.array(self._spec.legal(observation[MASK]))
        others = {name: inner for name, inner in observation.items() if name != MASK}
        if not isinstance(self._spec.observation, Composite) and len(others) == 1:
            (others,) = others.values()
        return others, legal


def _leaves(space: Space, name: str, remark: Callable[[str], None]) -> Any:
    """Return what reads each part of a space, in dicts as the space has them."""
    if isinstance(space, Composite):
        return {key: _leaves(inner, f"{name}/{key}", remark) for key, inner in space.entries}
    place = f" in {name[1:]!r}" if name else ""
    return _State(space, place) if isinstance(space, Discrete) else _Numbers(space, place, remark)


def _each(leaves: Any, shown: Any, read: Callable[[Any, Any], Any]) -> Any:
    """Return what every leaf reads of its part."""
    if not isinstance(leaves, dict):
        return read(leaves, shown)
    if isinstance(shown, tuple | list):
        shown = {str(at): inner for at, inner in enumerate(shown)}
    if isinstance(shown, dict) and not leaves.keys() <= shown.keys():
        shown = {str(key): inner for key, inner in shown.items()}  # keys may be numbers
    if not isinstance(shown, dict) or not leaves.keys() <= shown.keys():
        raise Unfit(_short(shown), f"its observation space has {', '.join(leaves)}")
    return {name: _each(inner, shown[name], read) for name, inner in leaves.items()}


def _read_one(leaf: Any, shown: Any) -> np.ndarray:
    if isinstance(shown, int | np.integer) and isinstance(leaf, _State):
        number = int(shown) - leaf.space.start
        if 0 <= number < leaf.space.n:
            return np.array(number, np.int32)
    try:
        array = np.array(shown)
    except ValueError:
        raise Unfit(f"{_short(shown)}{leaf.place}", "that is no array of numbers") from None
    if array.shape != leaf.space.shape:
        raise Unfit(
            f"an observation of shape {array.shape}{leaf.place}",
            f"its observation space says {leaf.space.shape}",
        )
    fitted: np.ndarray = leaf.fit(array)
    return fitted


def remark_on_digits(array: np.ndarray, place: str = "") -> str | None:
    """Return what there is to say of numbers of 64 bits that float32 rounds, or None."""
    large = np.abs(array) > EXACT
    if not large.any():
        return None
    value = np.float32(array[large].flat[0])
    return (
        f"numbers{place} as large as {value:.3g}, where float32 tells apart only what differs by "
        f"{np.spacing(np.abs(value)):g}: subtract where they begin, or scale them"
    )


class _State:
    """Reads numbers of states, from where the environment begins to count."""

    def __init__(self, space: Discrete, place: str) -> None:
        self.space, self.place = space, place

    def fit(self, array: np.ndarray) -> np.ndarray:
        """Return the numbers from zero."""
        _require_numbers(array, self.place)
        first, last = self.space.start, self.space.start + self.space.n - 1
        inside = (array >= first) & (array <= last) & (array == np.floor(array))
        if not inside.all():
            raise Unfit(
                f"the state {array[~inside].flat[0]}{self.place}",
                f"its observation space is {self.space}: states {first} to {last}",
            )
        return (array - first).astype(np.int32)


class _Numbers:
    """Reads arrays of numbers within limits."""

    def __init__(self, space: Box, place: str, remark: Callable[[str], None]) -> None:
        self.space, self.place = space, place
        self._remark = remark
        self._dtype = np.dtype(space.dtype)
        self._is_real = self._dtype.kind == "f"
        low, high = (_limit(limit, space.shape) for limit in (space.low, space.high))
        self._low, self._high = low, high
        # All numbers of the type are inside, and need no look.
        self._holds_all = not self._is_real and bool(
            (low <= _lowest(self._dtype)).all() and (high >= _highest(self._dtype)).all()
        )
        # Within these there is nothing to say of real numbers; NaN is not.
        room = ROUNDING * np.maximum(np.abs(low), np.abs(high))
        room = np.where(np.isfinite(room), room, 0.0)
        self._most = float(np.finfo(self._dtype).max) if self._is_real else np.inf
        self._from = _narrowed(np.clip(low - room, -self._most, self._most))
        self._to = _narrowed(np.clip(high + room, -self._most, self._most))
        self._said_limits = self._said_digits = False

    def fit(self, array: np.ndarray) -> np.ndarray:
        """Return the numbers in the space's own type."""
        if not self._is_real:
            return self._whole(array)
        _require_numbers(array, self.place)
        if not ((array >= self._from) & (array <= self._to)).all():
            self._look_at(array)
        if array.dtype.itemsize > 4 and not self._said_digits:
            self._look_at_digits(array)
        return array.astype(self._dtype, copy=False)

    def _whole(self, array: np.ndarray) -> np.ndarray:
        if array.dtype == self._dtype and self._holds_all:
            return array
        _require_numbers(array, self.place)
        inside = (array >= self._low) & (array <= self._high)
        if array.dtype.kind == "f":
            inside &= array == np.floor(array)
        if not inside.all():
            raise Unfit(f"the value {array[~inside].flat[0]}{self.place}", self._limits)
        return array.astype(self._dtype, copy=False)

    def _look_at(self, array: np.ndarray) -> None:
        """Refuse what is not finite; remark, once, on what is beyond the limits."""
        finite = np.isfinite(array) & (np.abs(array) <= self._most)
        if not finite.all():
            raise Unfit(
                f"the value {array[~finite].flat[0]:g}{self.place}",
                f"it is not finite in {self._dtype}, as every observation must be",
            )
        if not self._said_limits:
            self._said_limits = True
            self._remark(
                f"shows numbers{self.place} beyond the limits of its observation space: "
                f"{self._limits}. They are taken as they are; what scales by the limits sees more "
                "than it expects: widen the limits, or clip"
            )
        self._from, self._to = np.float32(-self._most), np.float32(self._most)

    def _look_at_digits(self, array: np.ndarray) -> None:
        """Remark, once, on numbers so large that float32 keeps no digit behind the point."""
        said = remark_on_digits(array, self.place)
        if said is not None:
            self._said_digits = True
            self._remark(f"shows {said}")

    @property
    def _limits(self) -> str:
        ends = [np.unique(limit) for limit in (self._low, self._high)]
        single = all(len(end) == 1 for end in ends)
        says = f", {ends[0][0]:g} to {ends[1][0]:g}" if single else ""
        return f"it is {self.space}{says}"


def _require_numbers(array: np.ndarray, place: str) -> None:
    if array.dtype.kind not in "biuf":
        raise Unfit(f"{_short(array)}{place}", "that is no array of numbers")


def _limit(limit: float | tuple[float, ...], shape: tuple[int, ...]) -> np.ndarray:
    given = np.asarray(limit, np.float64)
    return given.reshape(shape) if given.ndim else given


def _narrowed(limit: np.ndarray) -> Any:
    """Return limits in the type that most observations have, which are compared faster."""
    return limit.astype(np.float32)[()]


def _lowest(dtype: np.dtype) -> int:
    return 0 if dtype.kind == "b" else int(np.iinfo(dtype).min)


def _highest(dtype: np.dtype) -> int:
    return 1 if dtype.kind == "b" else int(np.iinfo(dtype).max)


def _short(shown: Any) -> str:
    text = " ".join(repr(shown).split())
    return text if len(text) <= 80 else f"{text[:77]}…"
