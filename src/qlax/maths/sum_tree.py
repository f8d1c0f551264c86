"""A sum tree: draws numbers in proportion to their size, and changes single ones quickly.

The numbers are the leaves; every inner node has eight children and holds their sum. Changing or
drawing K leaves takes K times the depth in operations, however many leaves there are. Eight
branches are fastest on a CPU: a node's children fill half a cache line, and 10⁵ leaves take six
levels.
"""

from typing import Annotated

import jax
import jax.numpy as jnp

from qlax.maths.shapes import checked
from qlax.pytree import Pytree, static

_Draws = Annotated[jax.Array, "K"]

_BRANCHES = 8


class SumTree(Pytree):
    """L numbers, each 0 or more.

    Nodes are numbered from the root, 0, level by level, so the children of node i are the nodes
    8 i + 1 … 8 i + 8.
    """

    children: jax.Array
    """The values of the children of each inner node, float32, [inner nodes, 8]."""
    size: int = static()
    """L."""

    @property
    def depth(self) -> int:
        """Steps from the root to a leaf; at least 1."""
        depth = 1
        while _BRANCHES**depth < self.size:
            depth += 1
        return depth

    @property
    def first_leaf(self) -> int:
        """The number of the first leaf's node: how many nodes stand above the leaves."""
        return int((_BRANCHES**self.depth - 1) // (_BRANCHES - 1))


def init(size: int) -> SumTree:
    """Return a tree whose leaves are all 0; `size` is at least 1."""
    empty = SumTree(jnp.zeros((0, _BRANCHES)), size)
    nodes = empty.first_leaf + size - 1
    return empty.replace(children=jnp.zeros((-(-nodes // _BRANCHES), _BRANCHES), jnp.float32))


@checked
def total(tree: SumTree) -> Annotated[jax.Array, ""]:
    """Return the sum of all leaves, float32 scalar."""
    return tree.children[0].sum()


@checked
def get(tree: SumTree, leaves: Annotated[jax.Array, "..."]) -> Annotated[jax.Array, "..."]:
    """Return the values of leaves; their numbers are int32 in [0, L), of any shape."""
    flat = tree.children.reshape(-1)
    return flat.at[tree.first_leaf + leaves - 1].get(mode="promise_in_bounds")


@checked
def leaves(tree: SumTree) -> Annotated[jax.Array, "L"]:
    """Return the values of all leaves, float32."""
    return tree.children.reshape(-1)[tree.first_leaf - 1 :][: tree.size]


@checked
def update(tree: SumTree, leaves: _Draws, values: _Draws) -> SumTree:
    """Return the tree with some leaves set.

    Every sum above them is computed from its children again, so rounding errors never accumulate.

    Args:
        tree: The tree.
        leaves: Their numbers, int32 in [0, L), shape [K]. A leaf named twice keeps one of its
            values.
        values: Their new values, 0 or more and finite, shape [K].
    """

    def rise(_: int, carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        children, node, values = carry
        flat = children.reshape(-1).at[node - 1].set(values, mode="promise_in_bounds")
        parent = (node - 1) // _BRANCHES
        children = flat.reshape(children.shape)
        return children, parent, children.at[parent].get(mode="promise_in_bounds").sum(-1)

    carry = (tree.children, tree.first_leaf + leaves, values.astype(jnp.float32))
    return tree.replace(children=jax.lax.fori_loop(0, tree.depth, rise, carry)[0])


@checked
def draw(tree: SumTree, key: jax.Array, count: int, *, spread: bool = False) -> _Draws:
    """Return leaves drawn with P(i) = value_i / total.

    A leaf of value 0 is never drawn, unless all are 0; then every draw is the first leaf.

    Args:
        tree: The tree.
        key: A random key of this draw's own.
        count: K, the number of draws; at least 1.
        spread: Whether one leaf is drawn from each of K equal shares of the total. Probabilities
            are the same, and the draws vary less than independent ones.

    Returns:
        int32 in [0, L), shape [K].
    """
    numbers = jax.random.uniform(key, (tree.depth, count))
    if not spread:
        return find(tree, jnp.zeros(count), jnp.full(count, jnp.inf), numbers)
    # The last share has no upper end, so that no rounding of the total can shorten it.
    ends = jnp.arange(1, count) * (total(tree) / count)
    lower = jnp.concatenate([jnp.zeros(1), ends])
    return find(tree, lower, jnp.concatenate([ends, jnp.full(1, jnp.inf)]), numbers)


@checked
def find(
    tree: SumTree, lower: _Draws, upper: _Draws, numbers: Annotated[jax.Array, "depth K"]
) -> _Draws:
    """Return a leaf from each of K intervals of the running sum over all leaves.

    Leaf i reaches from value_0 + … + value_{i−1} to value_0 + … + value_i. With uniform numbers,
    it is found with the probability  |interval ∩ leaf i| / |interval|.

    Every level has a number of its own. One for the whole tree would not do: of 2²³ numbers,
    eight fall on a leaf of ordinary size among 2²⁰ leaves, and perhaps none on a small one. As it
    is, a probability is wrong by 2⁻²² of what the leaf and its seven neighbours have together.

    Args:
        tree: The tree.
        lower: Where the intervals begin, 0 or more, float32, shape [K].
        upper: Where they end, float32, shape [K]; ∞ for the end of the last leaf.
        numbers: In [0, 1), float32, shape [depth, K].

    Returns:
        int32 in [0, L), shape [K]; never a leaf of value 0, unless all are 0: then the first.
    """

    def descend(level: int, carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        node, lower, upper = carry
        children = tree.children.at[node].get(mode="promise_in_bounds")
        # Columns, [K] each: XLA's own sums along so short an axis are several times slower.
        values = [children[:, number] for number in range(_BRANCHES)]
        target = numbers[level] * (jnp.minimum(upper, sum(values)) - lower)
        below = start = end = jnp.zeros_like(lower)
        child = jnp.zeros_like(node)
        # The last child that is not 0 and begins no later than the target. The target is counted
        # from `lower`, since adding `lower` would round it.
        for number, value in enumerate(values):
            reached = (value > 0.0) & (below - lower <= target)
            child = jnp.where(reached, number, child)
            start = jnp.where(reached, below, start)
            below = below + value
            end = jnp.where(reached, below, end)
        # An upper end beyond the child no longer matters. Rounded, it would cut off leaves.
        upper = jnp.where(upper < end, upper - start, jnp.inf)
        return node * _BRANCHES + 1 + child, jnp.maximum(lower - start, 0.0), upper

    carry = (jnp.zeros(lower.shape, jnp.int32), lower, upper)
    node: jax.Array = jax.lax.fori_loop(0, tree.depth, descend, carry)[0]
    return node - tree.first_leaf
