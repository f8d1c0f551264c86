"""Effective rank and dormant units, worked out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax.maths.representation import dormant, effective_rank, norm


def matrix(*values, rows=7, columns=5):
    """Return a matrix with these singular values, in directions of no importance."""
    rng = np.random.default_rng(0)
    left, _ = np.linalg.qr(rng.normal(size=(rows, rows)))
    right, _ = np.linalg.qr(rng.normal(size=(columns, columns)))
    middle = np.zeros((rows, columns))
    np.fill_diagonal(middle, values)
    return (left @ middle @ right).astype(np.float32)


@pytest.mark.parametrize("shape", [{}, {"rows": 5, "columns": 9}])
@pytest.mark.parametrize(
    ("values", "delta", "rank"),
    [
        ((1.0, 1.0, 1.0, 1.0, 1.0), 0.01, 5),
        ((1.0, 1.0, 1.0, 0.0, 0.0), 0.01, 3),
        ((98.0, 1.5, 0.5, 0.0, 0.0), 0.01, 2),  # 99.5 %
        ((98.0, 0.9, 0.6, 0.5, 0.0), 0.01, 3),  # 98.9 %, then 99.5 %
        ((98.0, 0.9, 0.6, 0.5, 0.0), 0.03, 1),
    ],
)
def test_the_effective_rank_counts_singular_values(shape, values, delta, rank):
    assert effective_rank(matrix(*values, **shape), delta) == rank


def test_what_is_nothing_has_no_rank():
    assert effective_rank(np.zeros((4, 3), np.float32)) is None
    assert effective_rank(np.full((4, 3), np.nan, np.float32)) is None
    assert effective_rank(np.ones((4, 3), np.float32)) == 1


@pytest.mark.parametrize("compiled", [False, True])
def test_a_unit_is_dormant_beside_the_others_of_its_layer(compiled):
    activity = jnp.array([1.0, 3.0, 0.0, 0.05, 0.04])  # the mean is 0.818
    function = jax.jit(dormant) if compiled else dormant
    assert function(activity, 0.05).tolist() == [False, False, True, False, True]
    assert function(activity, 0.0).tolist() == [False, False, True, False, False]
    assert function(jnp.zeros(3), 0.0).all()


def test_the_norm_is_that_of_all_arrays_together():
    tree = {"a": jnp.array([[1.0, 2.0]]), "b": (jnp.array([2.0]), jnp.array(4.0))}
    assert float(norm(tree)) == 5.0
