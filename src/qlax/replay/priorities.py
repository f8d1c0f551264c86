"""Drawing in proportion to errors: shared by prioritised transitions and sequences."""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.maths import sum_tree
from qlax.pytree import Pytree
from qlax.replay import stream
from qlax.schedules import Linear, Schedule, extremes, value_at
from qlax.validation import check_types


class Priorities(Pytree):
    """How likely a sample that begins at each place of a `Stream` is to be drawn."""

    tree: sum_tree.SumTree
    """pᵅ of every row and environment; 0 where nothing that can be learned from begins."""
    largest: jax.Array
    """The largest pᵅ so far, float32 scalar: what a new sample starts with."""


@dataclass(frozen=True, kw_only=True)
class Proportional:
    """P(i) = p_iᵅ / Σ_j p_jᵅ  with p = |δ| + ε,  w_i = (1 / (M P(i)))^β / max_j w_j.

    A new sample has the largest priority so far, so that everything is soon learned from. The
    weights w correct the bias of uneven draws. Their maximum is taken over the batch, so that M,
    the number of samples stored, cancels. A batch has one draw from each equal share of Σ pᵅ.

    Reference: Schaul et al. (2016), arXiv 1511.05952.
    """

    exponent: float = 0.6
    """α in [0, 1]: 0 draws uniformly, 1 in proportion to the errors."""
    importance: float | Schedule = field(
        default_factory=lambda: Linear(start=0.4, end=1.0, steps=None)
    )
    """β in [0, 1], by environment steps: 1 makes up for the uneven draws in full. By default it
    rises from 0.4 to 1 at the end of the run."""
    epsilon: float = 1e-6
    """ε > 0, added to |δ|: samples without an error are still drawn now and then."""

    def __post_init__(self) -> None:
        check_types(self)
        check_proportional("Proportional", self.exponent, self.importance, self.epsilon)

    def update(
        self, priorities: Priorities, place: jax.Array, error: jax.Array, counts: jax.Array
    ) -> Priorities:
        """Return the priorities after learning from a batch.

        Args:
            priorities: Those it was drawn by.
            place: Where its samples begin, int32, shape [B].
            error: Their errors, or magnitudes of them, shape [B].
            counts: Which of them could be learned from, bool, shape [B]; the others will not be
                drawn again. An error that is not finite changes nothing.
        """
        powers = (jnp.abs(error) + self.epsilon) ** self.exponent
        sound = counts & jnp.isfinite(powers)
        before = jnp.where(counts, sum_tree.get(priorities.tree, place), 0.0)
        return Priorities(
            tree=sum_tree.update(priorities.tree, place, jnp.where(sound, powers, before)),
            largest=jnp.maximum(priorities.largest, jnp.where(sound, powers, 0.0).max()),
        )

    def weights(
        self, priorities: Priorities, place: jax.Array, counts: jax.Array, env_steps: jax.Array
    ) -> jax.Array:
        """Return the importance weights of a batch, float32, shape [B]; 0 where `counts` is false.

        Args:
            priorities: Those it was drawn by.
            place: Where its samples begin, int32, shape [B].
            counts: Which of them can be learned from, bool, shape [B].
            env_steps: Environment steps so far, for β.
        """
        powers = sum_tree.get(priorities.tree, place)
        counts = counts & (powers > 0.0)
        rarest = jnp.where(counts, powers, jnp.inf).min()
        ratio = jnp.where(counts, rarest / jnp.where(counts, powers, 1.0), 0.0)
        return jnp.where(counts, ratio ** value_at(self.importance, env_steps), 0.0)

    def of(self, priorities: Priorities) -> jax.Array | None:
        """Return p of every place, [R · N], 0 where nothing begins; None if α is 0."""
        if self.exponent == 0.0:
            return None
        return sum_tree.leaves(priorities.tree) ** (1.0 / self.exponent)


def check_proportional(
    owner: str, exponent: float, importance: float | Schedule, epsilon: float
) -> None:
    """Raise `UsageError` unless α, β and ε are within their ranges."""
    smallest, largest = extremes(importance)
    require(0.0 <= exponent <= 1.0, f"{owner}.exponent", exponent, "in [0, 1]")
    beyond = smallest < 0.0 or largest > 1.0
    require(not beyond, f"{owner}.importance", importance, "in [0, 1]")
    require(epsilon > 0.0, f"{owner}.epsilon", epsilon, "greater than 0")


def init(ring: stream.Stream) -> Priorities:
    """Return priorities for an empty ring: nothing can be drawn yet."""
    return Priorities(sum_tree.init(ring.rows * ring.num_envs), jnp.float32(1.0))


def draw(priorities: Priorities, key: jax.Array, count: int) -> jax.Array:
    """Return places drawn with P(i) = p_iᵅ / Σ_j p_jᵅ, one from each of `count` equal shares.

    They are int32, of shape [count]; where nothing can be drawn, all are the first place.
    """
    return sum_tree.draw(priorities.tree, key, count, spread=True)


def advance(
    priorities: Priorities, ring: stream.Stream, begun: jax.Array, drawable: jax.Array
) -> Priorities:
    """Return the priorities after a step was added to the ring.

    Args:
        priorities: Those before.
        ring: The ring after.
        begun: The step whose samples are now complete, counted from the run's beginning; below
            zero if there is none yet.
        drawable: In which environments such a sample can be learned from, bool, shape [N].
    """
    env = jnp.arange(ring.num_envs)
    lost = stream.lost_start(ring)
    # What can be drawn from now on, and what cannot any more.
    changed = jnp.concatenate([place(ring, begun, env), place(ring, lost, env)])
    new = jnp.where(drawable & (begun >= 0), priorities.largest, 0.0)
    values = jnp.concatenate([new, jnp.zeros_like(new)])
    return priorities.replace(tree=sum_tree.update(priorities.tree, changed, values))


def place(ring: stream.Stream, row: jax.Array, env: jax.Array) -> jax.Array:
    """Return the leaf that stands for a row (any number of steps) and an environment."""
    return row % ring.rows * ring.num_envs + env
