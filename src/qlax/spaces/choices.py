"""Actions of several numbers, each of them one of a list."""

import functools
import itertools
import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.errors import require

MOST_JOINT = 2**16
"""Most combinations that are numbered one by one."""
MOST_VALUES = 2**20
"""Most values of all factors together, each list filled up to the longest."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """The product of F finite sets: number i of an action is one of `values[i]`.

    An agent numbers the values of each factor from zero. Where the factors are `joint`, an action
    is one number, 0 … Π_i n_i − 1, the last factor counting fastest; else it is F numbers, and each
    factor has W = max_i n_i action values, of which those beyond its own n_i are never taken.
    """

    values: tuple[tuple[float, ...], ...]
    """What each number of an action may be, in row-major order of its places."""
    shape: tuple[int, ...]
    """Shape of the environment's own action."""
    dtype: str
    """NumPy name of its type."""
    joint: bool = True
    """Whether one number stands for all factors."""

    def __post_init__(self) -> None:
        several = isinstance(self.values, tuple) and all(
            isinstance(own, tuple) and own and len(set(own)) == len(own) for own in self.values
        )
        require(
            bool(self.values) and several,
            "Choices.values",
            self.values,
            "tuples of different numbers, one for each number of an action",
        )
        fits = math.prod(self.shape) == len(self.values)
        require(fits, "Choices.shape", self.shape, f"one of {len(self.values)} numbers")
        if self.joint:
            few = math.prod(self.sizes) <= MOST_JOINT
            require(few, "Choices.joint", True, f"False for more than {MOST_JOINT:,} combinations")
        else:
            few = len(self.sizes) * max(self.sizes) <= MOST_VALUES
            require(few, "Choices.values", "too long", f"at most {MOST_VALUES:,} in all")

    def __str__(self) -> str:
        sizes = " × ".join(map(str, self.sizes))
        return f"{sizes} actions" if self.joint else f"{sizes} actions, a factor each"

    @functools.cached_property
    def sizes(self) -> tuple[int, ...]:
        """n_i: how many values each factor has."""
        return tuple(map(len, self.values))

    @property
    def factors(self) -> int:
        """F."""
        return len(self.values)

    @property
    def width(self) -> int:
        """W: action values of each factor."""
        return max(self.sizes)

    @property
    def num_actions(self) -> int:
        """Action values of a state: one for each combination, or F · W."""
        return math.prod(self.sizes) if self.joint else self.factors * self.width

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """A name for each action value: the numbers that it stands for, `–` where it has none."""
        texts = [[f"{value:.4g}" for value in own] for own in self.values]
        if self.joint:
            return tuple(", ".join(numbers) for numbers in itertools.product(*texts))
        return tuple(
            f"{factor}: {own[number] if number < len(own) else '–'}"
            for factor, own in enumerate(texts)
            for number in range(self.width)
        )

    def of(self, number: Any) -> np.ndarray:
        """Return the environment's own actions.

        Args:
            number: Actions as an agent numbers them, int, [...] or, where not joint, [..., F].

        Returns:
            Shape [..., *shape], in the environment's dtype.
        """
        return np.asarray(self._looked_up(self._table, np.asarray(number), np))

    def traced(self, number: jax.Array) -> jax.Array:
        """Return what `of` does, inside a program."""
        return self._looked_up(jnp.asarray(self._table), number, jnp)  # type: ignore[no-any-return]

    def _looked_up(self, table: Any, number: Any, arrays: Any) -> Any:
        if self.joint:
            return table[number]
        chosen = table[arrays.arange(self.factors), number]
        return chosen.reshape((*number.shape[:-1], *self.shape))

    def number_of(self, action: Any) -> np.ndarray:
        """Return how an agent numbers one of the environment's own actions, the nearest there is.

        Args:
            action: Shape `shape`.
        """
        flat = np.asarray(action).reshape(-1)
        places = [
            int(np.abs(np.asarray(own) - value).argmin())
            for own, value in zip(self.values, flat, strict=True)
        ]
        if not self.joint:
            return np.asarray(places, np.int32)
        return np.asarray(np.ravel_multi_index(places, self.sizes), np.int32)

    def legal(self, mask: Any) -> np.ndarray:
        """Return which actions are legal, bool, [num_actions], given which values of each factor.

        Args:
            mask: As Gymnasium's spaces take it for MultiDiscrete, a tuple of F arrays of n_i
                entries; or all of them one after another.

        Raises:
            ValueError: if it has other lengths.
        """
        flat = self._flat(mask)
        masks = np.split(flat, np.cumsum(self.sizes)[:-1])
        if self.joint:
            together = functools.reduce(np.logical_and.outer, masks)
            return np.asarray(together, bool).reshape(-1)
        own = np.zeros((self.factors, self.width), bool)
        for factor, legal in enumerate(masks):
            own[factor, : len(legal)] = legal
            if not legal.any():  # the end of an episode, where nothing follows
                own[factor, : len(legal)] = True
        return own.reshape(-1)

    @functools.cached_property
    def padding(self) -> np.ndarray | None:
        """Which action values stand for something, bool, [F · W]; None if all do."""
        if self.joint or len(set(self.sizes)) == 1:
            return None
        return self.legal(np.ones(sum(self.sizes), bool))

    def _flat(self, mask: Any) -> np.ndarray:
        if isinstance(mask, tuple | list) and len(mask) == self.factors:
            flat = [np.asarray(own, bool).reshape(-1) for own in mask]
            lengths = tuple(map(len, flat))
            joined = np.concatenate(flat)
        else:
            joined = np.asarray(mask, bool).reshape(-1)
            lengths = (len(joined),)
        if lengths not in (self.sizes, (sum(self.sizes),)):
            raise ValueError(
                f"{list(lengths)} entries, but its actions have {list(self.sizes)} values"
            )
        return joined

    @functools.cached_property
    def _table(self) -> np.ndarray:
        """[num_actions, *shape] if joint, else [F, W]: what stands beyond n_i is the last value."""
        if self.joint:
            combined = list(itertools.product(*self.values))
            return np.asarray(combined, self.dtype).reshape((-1, *self.shape))
        rows = [[*own, *own[-1:] * (self.width - len(own))] for own in self.values]
        return np.asarray(rows, self.dtype)
