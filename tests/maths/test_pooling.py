"""Maxima over windows."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax.maths.pooling import adaptive_max_pool, max_pool
from tests.tiers import in_turn

SIZES = [(20, 20), (11, 10), (5, 5), (3, 2), (1, 4), (1, 1)]


@pytest.mark.parametrize("size", in_turn([pytest.param(size) for size in SIZES], 3), ids=str)
def test_both_formulations_agree_and_so_do_their_gradients(size):
    images = jax.random.normal(jax.random.key(0), (2, *size, 3))

    def outcome(formulation):
        made, pull = jax.vjp(lambda x: max_pool(x, formulation), images)
        return made, *pull(jax.random.normal(jax.random.key(1), made.shape))

    ours, theirs = outcome("products"), outcome("convolution")
    assert ours[0].shape == (2, -(-size[0] // 2), -(-size[1] // 2), 3)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-6)


def test_max_pool_by_hand():
    image = -jnp.arange(16.0).reshape((1, 4, 4, 1))
    for formulation in ("products", "convolution", "auto"):
        made = max_pool(image, formulation)
        np.testing.assert_array_equal(made[0, :, :, 0], [[0, -1], [-4, -5]])


def test_where_pixels_are_equal_gradients_are_shared_and_none_is_lost():
    images = jnp.ones((1, 6, 6, 1))
    for formulation in ("products", "convolution"):
        shares = jax.grad(lambda x, how=formulation: max_pool(x, how).sum())(images)
        assert (shares >= 0.0).all()
        np.testing.assert_allclose(shares.sum(), 9.0, rtol=1e-6)


@pytest.mark.parametrize(("extent", "side"), [(11, 6), (12, 6), (7, 3), (5, 1), (10, 9)])
def test_shrunk_windows_cover_an_image(extent, side):
    images = np.asarray(jax.random.normal(jax.random.key(0), (2, extent, extent, 3)))
    bounds = [(at * extent // side, -(-(at + 1) * extent // side)) for at in range(side)]
    assert {row for low, high in bounds for row in range(low, high)} == set(range(extent))
    expected = [[images[:, a:b, c:d].max((1, 2)) for c, d in bounds] for a, b in bounds]
    made = adaptive_max_pool(jnp.asarray(images), side)
    np.testing.assert_array_equal(made, np.moveaxis(np.array(expected), 2, 0))


def test_short_sides_are_not_stretched():
    images = jax.random.normal(jax.random.key(0), (2, 3, 8, 1))
    made = adaptive_max_pool(images, 4)
    assert made.shape == (2, 3, 4, 1)
    np.testing.assert_array_equal(made, images.reshape((2, 3, 4, 2, 1)).max(3))
