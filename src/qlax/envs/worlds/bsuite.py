"""Four small worlds of bsuite, each of which asks for one ability; written as `Dynamics`.

Reference: Osband et al. (2020), "Behaviour Suite for Reinforcement Learning", arXiv 1908.03568.
States, rewards and ends are those of the package bsuite, whose observations are these with an axis
of length one in front where they are a row. The ids are gymnax's, whose environments these are not:
its deep sea has other actions and its discounting chain is cut at the end that is terminal here.

The ids stand for the worlds with the sizes that the classes have unless told otherwise: by
arguments, `--env.size 30`, or by giving the world itself, `qlax.train(DeepSea(size=30))`.
"""

import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np

from qlax.envs.as_gymnasium import DynamicsAsGymnasium
from qlax.envs.core import Dynamics, Transition
from qlax.errors import require
from qlax.pytree import Pytree
from qlax.spaces import Box, EnvSpec
from qlax.validation import check_types

_REWARDED_AT = (1, 3, 10, 30, 100)


class Cell(Pytree):
    """Where a diver is."""

    row: jax.Array
    column: jax.Array


@dataclass(frozen=True, kw_only=True)
class DeepSea:
    """A square of N rows: each step goes down one, to the right or the left; explore deeply.

    Going right costs 0.01 / N, and only going right N times reaches the chest worth 1: return 0.99.
    Which of two actions goes right was drawn for each cell, once: bsuite's experiment has the
    draw that `RandomState(42)` makes. The last observation of an episode shows no diver.
    """

    size: int = 10
    """N ≥ 2."""
    mapping_seed: int = 42
    """Seed of which action goes right, ≥ 0."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.size >= 2, "DeepSea.size", self.size, "at least 2")
        require(self.mapping_seed >= 0, "DeepSea.mapping_seed", self.mapping_seed, "at least 0")

    @property
    def spec(self) -> EnvSpec:
        """What an agent must know of it."""
        square = Box((self.size, self.size), "float32", 0.0, 1.0)
        return EnvSpec(id=_id(self), observation=square, num_actions=2, reward_threshold=0.98)

    @property
    def goes_right(self) -> np.ndarray:
        """The action that goes right from each cell, int32, shape [N, N]."""
        drawn = np.random.RandomState(self.mapping_seed).binomial(1, 0.5, (self.size, self.size))
        return drawn.astype(np.int32)

    def reset(self, key: jax.Array) -> tuple[Cell, jax.Array]:  # noqa: ARG002
        """Return the state and observation an episode begins with."""
        state = Cell(jnp.int32(0), jnp.int32(0))
        return state, self._shown(state)

    def step(self, state: Cell, action: jax.Array, key: jax.Array) -> Transition:  # noqa: ARG002
        """Return what follows from an action."""
        right = action == jnp.asarray(self.goes_right)[state.row, state.column]
        found = right & (state.column == self.size - 1)
        column = jnp.clip(state.column + jnp.where(right, 1, -1), 0, self.size - 1)
        following = Cell(state.row + 1, column)
        cost = jnp.float32(0.01 / self.size)
        return Transition(
            state=following,
            observation=self._shown(following),
            reward=jnp.where(found, 1.0, 0.0) - jnp.where(right, cost, 0.0),
            terminated=following.row == self.size,
        )

    def _shown(self, state: Cell) -> jax.Array:
        cells = jnp.arange(self.size)
        here = (cells == state.row)[:, None] & (cells == state.column)
        return here.astype(jnp.float32)


class Recollection(Pytree):
    """What there is to remember, and how much time has gone."""

    context: jax.Array
    query: jax.Array
    elapsed: jax.Array


@dataclass(frozen=True, kw_only=True)
class MemoryChain:
    """Bits are shown at the start, and one of them is asked for L observations later; remember.

    An observation is the share of time left, which bit is asked for (shown with the last decision
    alone) and the bits as ±1 (0 once they are hidden). Only the last of L + 1 actions counts: 1 for
    the bit's value, −1 for the other. As in bsuite, the second observation is the first once more.
    With L = 1 the bits are still there when they are asked for.
    """

    length: int = 5
    """L ≥ 1."""
    num_bits: int = 1
    """How many bits are shown, ≥ 1."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.length >= 1, "MemoryChain.length", self.length, "at least 1")
        require(self.num_bits >= 1, "MemoryChain.num_bits", self.num_bits, "at least 1")

    @property
    def spec(self) -> EnvSpec:
        """What an agent must know of it."""
        bits = self.num_bits
        low = (0.0, 0.0, *(-1.0,) * bits)
        high = 1.0 if bits <= 2 else (1.0, bits - 1.0, *(1.0,) * bits)
        shown = Box((2 + bits,), "float32", low, high)
        return EnvSpec(id=_id(self), observation=shown, num_actions=2, reward_threshold=1.0)

    def reset(self, key: jax.Array) -> tuple[Recollection, jax.Array]:
        """Return the state and observation an episode begins with."""
        for_bits, for_query = jax.random.split(key)
        bits = jax.random.bernoulli(for_bits, 0.5, (self.num_bits,)).astype(jnp.int32)
        query = jax.random.randint(for_query, (), 0, self.num_bits, jnp.int32)
        state = Recollection(bits, query, jnp.int32(0))
        return state, self._shown(state)

    def step(self, state: Recollection, action: jax.Array, key: jax.Array) -> Transition:  # noqa: ARG002
        """Return what follows from an action."""
        answered = state.elapsed == self.length
        paid = jnp.where(action == state.context[state.query], 1.0, -1.0)
        return Transition(
            state=Recollection(state.context, state.query, state.elapsed + 1),
            observation=self._shown(state),
            reward=jnp.where(answered, paid, 0.0),
            terminated=answered,
        )

    def _shown(self, state: Recollection) -> jax.Array:
        left = 1 - state.elapsed / self.length
        query = jnp.where(state.elapsed == self.length - 1, state.query, 0)
        bits = jnp.where(state.elapsed == 0, 2 * state.context - 1, 0)
        return jnp.concatenate([jnp.stack([left, query]), bits]).astype(jnp.float32)


class Falling(Pytree):
    """Where a ball and the paddle under it are."""

    ball: jax.Array
    """Its column."""
    height: jax.Array
    """The row that it is in, from above."""
    paddle: jax.Array
    """Its column; it is always in the last row."""


@dataclass(frozen=True, kw_only=True)
class Catch:
    """A ball falls down its column, a row a step: be there with the paddle, for 1; else −1.

    Actions are left, stay and right. The paddle begins in the middle.
    """

    rows: int = 10
    """How many, ≥ 2."""
    columns: int = 5
    """How many, ≥ 1."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.rows >= 2, "Catch.rows", self.rows, "at least 2")
        require(self.columns >= 1, "Catch.columns", self.columns, "at least 1")

    @property
    def spec(self) -> EnvSpec:
        """What an agent must know of it."""
        board = Box((self.rows, self.columns), "float32", 0.0, 1.0)
        return EnvSpec(id=_id(self), observation=board, num_actions=3, reward_threshold=1.0)

    def reset(self, key: jax.Array) -> tuple[Falling, jax.Array]:
        """Return the state and observation an episode begins with."""
        ball = jax.random.randint(key, (), 0, self.columns, jnp.int32)
        state = Falling(ball, jnp.int32(0), jnp.int32(self.columns // 2))
        return state, self._shown(state)

    def step(self, state: Falling, action: jax.Array, key: jax.Array) -> Transition:  # noqa: ARG002
        """Return what follows from an action."""
        paddle = jnp.clip(state.paddle + action - 1, 0, self.columns - 1)
        following = Falling(state.ball, state.height + 1, paddle)
        landed = following.height == self.rows - 1
        paid = jnp.where(paddle == state.ball, 1.0, -1.0)
        return Transition(
            state=following,
            observation=self._shown(following),
            reward=jnp.where(landed, paid, 0.0),
            terminated=landed,
        )

    def _shown(self, state: Falling) -> jax.Array:
        board = jnp.zeros((self.rows, self.columns))
        return board.at[state.height, state.ball].set(1.0).at[-1, state.paddle].set(1.0)


class Waiting(Pytree):
    """Which reward was chosen (−1: none yet), and how much time has gone."""

    choice: jax.Array
    elapsed: jax.Array


@dataclass(frozen=True, kw_only=True)
class DiscountingChain:
    """The first action chooses when a reward comes: after 1, 3, 10, 30 or 100 steps; be patient.

    All are 1 but one, which is 1.1. Later actions do nothing, and the end after 100 steps is a
    terminal state. An observation is the choice, −1 before it, and the share of time gone. bsuite
    averages over all five places of the larger reward; the id stands for the farthest, which
    discounts below 0.91^(1/99) ≈ 0.999 do not find worth the wait.
    """

    mapping_seed: int = 4
    """Which choice has the larger reward, modulo 5; ≥ 0."""

    def __post_init__(self) -> None:
        check_types(self)
        seed = self.mapping_seed
        require(seed >= 0, "DiscountingChain.mapping_seed", seed, "at least 0")

    @property
    def spec(self) -> EnvSpec:
        """What an agent must know of it."""
        shown = Box((2,), "float32", (-1.0, 0.0), (4.0, 1.0))
        return EnvSpec(id=_id(self), observation=shown, num_actions=5, reward_threshold=1.1)

    def reset(self, key: jax.Array) -> tuple[Waiting, jax.Array]:  # noqa: ARG002
        """Return the state and observation an episode begins with."""
        state = Waiting(jnp.int32(-1), jnp.int32(0))
        return state, self._shown(state)

    def step(self, state: Waiting, action: jax.Array, key: jax.Array) -> Transition:  # noqa: ARG002
        """Return what follows from an action."""
        choice = jnp.where(state.elapsed == 0, action, state.choice).astype(jnp.int32)
        following = Waiting(choice, state.elapsed + 1)
        larger = self.mapping_seed % len(_REWARDED_AT)
        due = following.elapsed == jnp.asarray(_REWARDED_AT)[choice]
        return Transition(
            state=following,
            observation=self._shown(following),
            reward=jnp.where(due, jnp.where(choice == larger, 1.1, 1.0), 0.0),
            terminated=following.elapsed == _REWARDED_AT[-1],
        )

    def _shown(self, state: Waiting) -> jax.Array:
        gone = state.elapsed / _REWARDED_AT[-1]
        return jnp.stack([state.choice, gone]).astype(jnp.float32)


def _id(world: Any) -> str:
    """Return gymnax's id, with whatever differs from the world that it stands for."""
    fields = ((field, getattr(world, field.name)) for field in dataclasses.fields(world))
    others = "".join(f"-{field.name}-{value}" for field, value in fields if value != field.default)
    return f"{type(world).__name__}-bsuite{others}"


BSUITE: dict[str, Dynamics] = {
    world.spec.id: world for world in (Catch(), DeepSea(), DiscountingChain(), MemoryChain())
}
"""The worlds that have ids."""


def register() -> None:
    """Make the ids known to Gymnasium."""
    for identity, world in BSUITE.items():
        if identity not in gymnasium.registry:
            gymnasium.register(
                identity,
                entry_point=_maker_of(world),
                reward_threshold=world.spec.reward_threshold,
            )


def _maker_of(world: Any) -> Callable[..., DynamicsAsGymnasium]:
    """Return a function of the world's fields that makes it as a Gymnasium environment."""

    def make(**fields: Any) -> DynamicsAsGymnasium:
        return DynamicsAsGymnasium(dataclasses.replace(world, **fields))

    make.__signature__ = inspect.signature(type(world))  # type: ignore[attr-defined]
    return make
