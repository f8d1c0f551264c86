"""A tree of sums: numbers that can be drawn in proportion to their size, and changed one by one.

Every inner node has eight children and is worth their sum; the numbers are the leaves. Setting K
of them or finding K of them costs K times the depth, whatever else the tree holds. Eight is what
is quickest on a CPU: a node's children lie in half a cache line, and 10⁵ leaves are six levels.
"""

import jax
import jax.numpy as jnp

from qlax.pytree import Pytree, static

_BRANCHES = 8


class SumTree(Pytree):
    """L numbers, none below zero.

    Nodes are numbered from the root, 0, level by level, so the children of node i are the nodes
    8 i + 1 … 8 i + 8.
    """

    children: jax.Array
    """What the children of each inner node are worth, float32, [inner nodes, 8]."""
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
    """Return a tree of `size` zeros; at least one."""
    empty = SumTree(jnp.zeros((0, _BRANCHES)), size)
    nodes = empty.first_leaf + size - 1
    return empty.replace(children=jnp.zeros((-(-nodes // _BRANCHES), _BRANCHES), jnp.float32))


def total(tree: SumTree) -> jax.Array:
    """Return the sum of all leaves, float32 scalar."""
    return tree.children[0].sum()


def get(tree: SumTree, leaves: jax.Array) -> jax.Array:
    """Return what leaves are worth; int32 in [0, L), of any shape."""
    flat = tree.children.reshape(-1)
    return flat.at[tree.first_leaf + leaves - 1].get(mode="promise_in_bounds")


def update(tree: SumTree, leaves: jax.Array, values: jax.Array) -> SumTree:
    """Return the tree with some leaves set.

    Every sum above them is formed anew from its children, so rounding never adds up.

    Args:
        tree: The tree.
        leaves: Which, int32 in [0, L), shape [K]. Of a leaf named twice, one of the values stays.
        values: What they become, 0 or more and finite, shape [K].
    """

    def rise(_: int, carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        children, node, values = carry
        flat = children.reshape(-1).at[node - 1].set(values, mode="promise_in_bounds")
        parent = (node - 1) // _BRANCHES
        children = flat.reshape(children.shape)
        return children, parent, children.at[parent].get(mode="promise_in_bounds").sum(-1)

    carry = (tree.children, tree.first_leaf + leaves, values.astype(jnp.float32))
    return tree.replace(children=jax.lax.fori_loop(0, tree.depth, rise, carry)[0])


def find(tree: SumTree, targets: jax.Array) -> jax.Array:
    """Return the leaves at which the running sum over all leaves passes the targets.

    A target drawn uniformly from [0, total) finds leaf i with probability value_i / total. A leaf
    worth 0 is never found, however sums are rounded, unless all are.

    Args:
        tree: The tree.
        targets: 0 or more, float32, shape [K]; one beyond the total finds the last leaf.

    Returns:
        int32 in [0, L), shape [K].
    """

    def descend(_: int, carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        node, target = carry
        values = tree.children.at[node].get(mode="promise_in_bounds")
        below = start = jnp.zeros_like(target)
        child = jnp.zeros_like(node)
        # The last child that is worth something and before which no more than the target stands.
        for number in range(_BRANCHES):
            value = values[:, number]
            reached = (value > 0.0) & (below <= target)
            child = jnp.where(reached, number, child)
            start = jnp.where(reached, below, start)
            below = below + value
        return node * _BRANCHES + 1 + child, target - start

    carry = (jnp.zeros(targets.shape, jnp.int32), targets.astype(jnp.float32))
    node: jax.Array = jax.lax.fori_loop(0, tree.depth, descend, carry)[0]
    return node - tree.first_leaf
