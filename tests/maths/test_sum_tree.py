"""Drawing in proportion: against NumPy's cumulative sums, and by its law."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from qlax.maths import sum_tree

# A single leaf, levels that are full, one short of it and just begun, and a tree of four levels.
SIZES = [1, 7, 8, 9, 65, 600]

update = jax.jit(sum_tree.update)
find = jax.jit(sum_tree.find)


def tree_of(values):
    values = jnp.asarray(values, jnp.float32)
    return update(sum_tree.init(len(values)), jnp.arange(len(values)), values)


def leaves_of(tree):
    return np.asarray(sum_tree.get(tree, jnp.arange(tree.size)))


@pytest.mark.parametrize("size", SIZES)
def test_it_begins_with_zeros(size):
    tree = sum_tree.init(size)
    np.testing.assert_array_equal(leaves_of(tree), np.zeros(size))
    assert float(sum_tree.total(tree)) == 0.0


@pytest.mark.parametrize("size", SIZES)
def test_random_changes_are_those_of_an_array(size):
    rng = np.random.default_rng(size)
    tree, expected = sum_tree.init(size), np.zeros(size, np.float32)
    for _ in range(30):
        leaves = rng.permutation(size)[: min(size, 16)]
        values = rng.exponential(size=len(leaves)).astype(np.float32)
        expected[leaves] = values
        tree = update(tree, jnp.asarray(leaves), jnp.asarray(values))
        np.testing.assert_array_equal(leaves_of(tree), expected)
        assert float(sum_tree.total(tree)) == pytest.approx(expected.sum(), rel=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_every_node_is_the_sum_of_its_children(size):
    tree = tree_of(np.random.default_rng(0).exponential(size=size))
    sums = np.asarray(tree.children, np.float64).sum(-1)
    nodes = np.asarray(tree.children).reshape(-1)
    inner = tree.first_leaf  # the children of the first nodes are nodes again, up to the leaves
    filled = min(inner, len(sums))
    np.testing.assert_allclose(nodes[: filled - 1], sums[1:filled], rtol=1e-6)


def test_rounding_does_not_add_up():
    """Ten thousand large values come and go; what is left is as if they had never been."""
    rng = np.random.default_rng(1)
    size = 300
    small = rng.random(size).astype(np.float32) * 1e-3

    def change(tree, inputs):
        leaves, values = inputs
        return update(tree, leaves, values), None

    leaves = jnp.asarray(rng.integers(0, size, (2_500, 4)))
    values = jnp.asarray(rng.random((2_500, 4)) * 1e6, jnp.float32)
    tree, _ = jax.lax.scan(change, tree_of(small), (leaves, values))
    assert float(sum_tree.total(tree)) > 1e6
    tree = update(tree, jnp.arange(size), jnp.asarray(small))
    np.testing.assert_array_equal(tree.children, tree_of(small).children)
    assert float(sum_tree.total(tree)) == pytest.approx(small.sum(dtype=np.float64), rel=1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_whole_numbers_are_found_exactly(size):
    """Sums of whole numbers are not rounded: every target has one right answer."""
    values = np.random.default_rng(size).integers(0, 4, size)
    values[-1] = 2
    ends = np.cumsum(values)
    targets = np.arange(0.0, ends[-1], 0.5)  # the beginning and the middle of every unit
    found = find(tree_of(values), jnp.asarray(targets, jnp.float32))
    np.testing.assert_array_equal(found, np.searchsorted(ends, targets, side="right"))


@pytest.mark.parametrize("seed", range(5))
def test_a_leaf_of_zero_is_never_found(seed):
    """Values over thirty powers of ten, so that most sums are rounded; nine in ten are zero."""
    rng = np.random.default_rng(seed)
    size = 2_000
    values = np.float32(10.0 ** rng.uniform(-20, 10, size)) * (rng.random(size) < 0.1)
    tree = tree_of(values)
    total = float(sum_tree.total(tree))
    ends = np.cumsum(values)
    targets = np.concatenate(
        [
            rng.random(2_000) * total,
            10.0 ** rng.uniform(-25, 10, 2_000),
            ends,  # where one leaf ends and another begins
            [0.0, np.nextafter(np.float32(total), np.float32(0)), total, 2 * total],
        ]
    )
    found = np.asarray(find(tree, jnp.asarray(targets, jnp.float32)))
    assert (values[found] > 0).all()


@pytest.mark.parametrize("size", SIZES)
def test_the_only_leaf_above_zero_is_always_found(size):
    for leaf in {0, size // 2, size - 1}:
        tree = update(sum_tree.init(size), jnp.array([leaf]), jnp.array([1e-6]))
        targets = jnp.array([0.0, 5e-7, 1e-6, 1.0])
        assert find(tree, targets).tolist() == [leaf] * 4


def test_beyond_the_total_is_the_last_leaf_above_zero():
    tree = tree_of([1.0, 2.0, 0.0, 3.0, 0.0])
    assert find(tree, jnp.array([5.9, 6.0, 7.0, 1e30])).tolist() == [3, 3, 3, 3]


@pytest.mark.parametrize("size", SIZES)
def test_among_zeros_the_first_is_found(size):
    assert find(sum_tree.init(size), jnp.array([0.0, 1.0])).tolist() == [0, 0]


def test_leaves_are_found_as_often_as_they_are_large():
    values = np.random.default_rng(2).integers(0, 10, 40)
    tree = tree_of(values)
    targets = jax.random.uniform(jax.random.key(0), (40_000,)) * sum_tree.total(tree)
    counts = np.bincount(np.asarray(find(tree, targets)), minlength=40)
    some = values > 0
    assert counts[~some].sum() == 0
    expected = 40_000 * values[some] / values.sum()
    assert scipy.stats.chisquare(counts[some], expected).pvalue > 1e-3


def test_of_a_leaf_set_twice_one_value_stays_and_sums_agree():
    tree = update(tree_of(np.ones(100)), jnp.array([7, 7, 50, 7]), jnp.array([3.0, 5.0, 2.0, 4.0]))
    leaves = leaves_of(tree)
    assert leaves[7] in (3.0, 4.0, 5.0)
    assert leaves[50] == 2.0
    assert float(sum_tree.total(tree)) == leaves.sum()
    np.testing.assert_array_equal(tree.children, tree_of(leaves).children)


def test_whole_numbers_and_booleans_are_values_too():
    tree = update(sum_tree.init(3), jnp.arange(3), jnp.array([True, False, True]))
    assert leaves_of(tree).tolist() == [1.0, 0.0, 1.0]
    assert tree.children.dtype == jnp.float32


def test_trees_side_by_side_are_the_same_as_one_after_another():
    rng = np.random.default_rng(3)
    size, rounds, trees = 100, 20, 4
    leaves = jnp.asarray(rng.integers(0, size, (trees, rounds, 8)))
    values = jnp.asarray(rng.random((trees, rounds, 8)), jnp.float32)
    share = jnp.asarray(rng.random((trees, rounds, 16)), jnp.float32)

    def run(leaves, values, share):
        def change(tree, inputs):
            leaves, values, share = inputs
            tree = sum_tree.update(tree, leaves, values)
            return tree, sum_tree.find(tree, share * sum_tree.total(tree))

        return jax.lax.scan(change, sum_tree.init(size), (leaves, values, share))

    together = jax.jit(jax.vmap(run))(leaves, values, share)
    for index in range(trees):
        alone = jax.jit(run)(leaves[index], values[index], share[index])
        own = jax.tree.map(lambda array, i=index: array[i], together)
        jax.tree.map(np.testing.assert_array_equal, own, alone)
