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
draw = jax.jit(sum_tree.draw, static_argnames=("count", "spread"))


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


def at_every(tree, lower, upper, points=64):
    """Return what one interval finds at evenly spaced numbers, the same on every level."""
    numbers = jnp.broadcast_to((jnp.arange(points) + 0.5) / points, (tree.depth, points))
    return np.asarray(find(tree, jnp.full(points, lower), jnp.full(points, upper), numbers))


def test_one_level_by_hand():
    """Leaves from 0 to 1, 1 to 3, 3 to 3 and 3 to 6."""
    tree = tree_of([1.0, 2.0, 0.0, 3.0])
    # The whole: 1, 2, 0 and 3 of six parts, at twelve numbers.
    assert at_every(tree, 0.0, np.inf, 12).tolist() == [0] * 2 + [1] * 4 + [3] * 6
    assert at_every(tree, 0.0, 6.0, 12).tolist() == [0] * 2 + [1] * 4 + [3] * 6
    # From 2 to 4: half of it lies in leaf 1, half in leaf 3.
    assert at_every(tree, 2.0, 4.0, 4).tolist() == [1, 1, 3, 3]
    # From ½ to 2: a third and two thirds.
    assert at_every(tree, 0.5, 2.0, 6).tolist() == [0, 0, 1, 1, 1, 1]
    # Within one leaf.
    assert at_every(tree, 3.5, 4.5).tolist() == [3] * 64


def test_two_levels_by_hand():
    """Sixteen leaves worth 1: from 6½ to 9 lie a half, a whole, and on the other side a whole.

    Three fifths of it are to the left, where leaf 6 has a third and leaf 7 two; leaf 8 is alone.
    """
    tree = tree_of(np.ones(16))
    upper = np.repeat((np.arange(5) + 0.5) / 5, 3)
    lower = np.tile((np.arange(3) + 0.5) / 3, 5)
    numbers = jnp.asarray(np.stack([upper, lower]), jnp.float32)
    found = find(tree, jnp.full(15, 6.5), jnp.full(15, 9.0), numbers)
    assert found.tolist() == [6, 7, 7] * 3 + [8] * 6


@pytest.mark.parametrize("size", SIZES)
def test_shares_of_whole_numbers_hold_every_leaf_they_touch_and_no_other(size):
    """Sums of whole numbers are not rounded: each share of the total has its exact leaves."""
    values = np.random.default_rng(size).integers(0, 4, size)
    values[-1] = 2
    tree, ends = tree_of(values), np.cumsum(values)
    shares = int(ends[-1])
    for seed in range(5):
        found = np.asarray(draw(tree, jax.random.key(seed), shares, spread=True))
        # A share is one unit long here, and so lies in one leaf.
        np.testing.assert_array_equal(found, np.searchsorted(ends, np.arange(shares), "right"))


@pytest.mark.parametrize("spread", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_a_leaf_of_zero_is_never_drawn(seed, spread):
    """Values over thirty powers of ten, so that most sums are rounded; nine in ten are zero."""
    rng = np.random.default_rng(seed)
    size = 2_000
    values = np.float32(10.0 ** rng.uniform(-20, 10, size)) * (rng.random(size) < 0.1)
    tree = tree_of(values)
    found = np.asarray(draw(tree, jax.random.key(seed), 5_000, spread=spread))
    assert (values[found] > 0).all()


def test_an_interval_that_rounding_moved_out_of_every_leaf_finds_one_that_is_worth_something():
    values = np.array([0, 1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 0], np.float32)
    tree = tree_of(values)
    for lower, upper in [(6.0, 6.0), (7.0, 9.0), (3.0, 3.0), (2.0, 1.0), (0.0, 0.0)]:
        found = at_every(tree, lower, upper)
        assert (values[found] > 0).all()


@pytest.mark.parametrize("size", SIZES)
def test_the_only_leaf_above_zero_is_always_drawn(size):
    for leaf in {0, size // 2, size - 1}:
        tree = update(sum_tree.init(size), jnp.array([leaf]), jnp.array([1e-6]))
        for spread in (False, True):
            assert set(draw(tree, jax.random.key(0), 50, spread=spread).tolist()) == {leaf}


@pytest.mark.parametrize("size", SIZES)
def test_among_zeros_the_first_is_drawn(size):
    assert draw(sum_tree.init(size), jax.random.key(0), 4).tolist() == [0] * 4


@pytest.mark.parametrize("spread", [False, True])
def test_leaves_are_drawn_as_often_as_they_are_large(spread):
    values = np.random.default_rng(2).integers(0, 10, 40)
    found = draw(tree_of(values), jax.random.key(0), 40_000, spread=spread)
    counts = np.bincount(np.asarray(found), minlength=40)
    some = values > 0
    assert counts[~some].sum() == 0
    expected = 40_000 * values[some] / values.sum()
    if spread:
        # Whatever the key: a share is a unit of 40,000, and a leaf has no part in two more.
        assert (np.abs(counts[some] - expected) <= 2).all()
    else:
        assert scipy.stats.chisquare(counts[some], expected).pvalue > 1e-3


# --- the law in a tree of 2²⁰ leaves --------------------------------------------------------------

MANY = 2**20
ERRORS = np.exp(np.random.default_rng(4).normal(-3.0, 1.5, MANY))


@pytest.mark.parametrize(("exponent", "scale"), [(0.2, 1.0), (0.6, 1e12), (0.9, 1.0)])
def test_every_one_of_many_leaves_is_drawn_by_its_law(exponent, scale):
    """A share in the middle and the last one, of 4,096: some 256 leaves each, drawn 2¹⁸ times."""
    values = (scale * (ERRORS + 1e-6) ** exponent).astype(np.float32)
    values[-1] = values.min()  # what rounding the total would hit first
    tree = tree_of(values)
    ends = np.cumsum(values.astype(np.float64))
    for share in (2_500, 4_095):
        lower, upper = (float(sum_tree.total(tree)) / 4_096 * at for at in (share, share + 1))
        if share == 4_095:
            upper = np.inf
        numbers = jax.random.uniform(jax.random.key(share), (tree.depth, 2**18))
        bounds = (jnp.full(2**18, at, jnp.float32) for at in (lower, upper))
        counts = np.bincount(np.asarray(find(tree, *bounds, numbers)), minlength=MANY)
        # In double precision, except that the share's own ends are float32's: leave those out.
        within = np.flatnonzero((ends - values > lower) & (ends < upper))[1:]
        if share < 4_095:
            within = within[:-1]
        else:
            assert within[-1] == MANY - 1
        assert counts[within].sum() > 0.9 * 2**18
        expected = values[within] / values[within].sum(dtype=np.float64) * counts[within].sum()
        # Those that are hardly ever drawn together, or χ² would not have its law.
        rare = expected < 5
        counts, expected = counts[within], np.append(expected[~rare], expected[rare].sum() + 1)
        counts = np.append(counts[~rare], counts[rare].sum() + 1)
        assert scipy.stats.chisquare(counts, expected).pvalue > 1e-3


def test_a_leaf_far_smaller_than_the_rest_is_drawn_too():
    """One in 2²² of its seven neighbours, at the end of 2²⁰ leaves a thousand times as large."""
    values = np.full(MANY, 1e3, np.float32)
    values[-8:] = 1.0
    values[-3] = 2.0**-19
    tree = tree_of(values)
    numbers = np.full((tree.depth, 1), 1.0 - 2.0**-12, np.float32)
    # On the last level leaf −3 reaches from 5 to 5 + 2⁻¹⁹, of 7 + 2⁻¹⁹.
    numbers[-1] = (5.0 + 2.0**-20) / (7.0 + 2.0**-19)
    lower = jnp.full(1, sum_tree.total(tree) - 8)
    assert find(tree, lower, jnp.full(1, jnp.inf), jnp.asarray(numbers)).tolist() == [MANY - 3]


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
    keys = jax.random.split(jax.random.key(0), (trees, rounds))

    def run(leaves, values, keys):
        def change(tree, inputs):
            leaves, values, key = inputs
            tree = sum_tree.update(tree, leaves, values)
            return tree, sum_tree.draw(tree, key, 16, spread=True)

        return jax.lax.scan(change, sum_tree.init(size), (leaves, values, keys))

    together = jax.jit(jax.vmap(run))(leaves, values, keys)
    for index in range(trees):
        alone = jax.jit(run)(leaves[index], values[index], keys[index])
        own = jax.tree.map(lambda array, i=index: array[i], together)
        jax.tree.map(np.testing.assert_array_equal, own, alone)
