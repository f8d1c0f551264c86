"""Convolution as matrix products is the convolution."""

import jax
import numpy as np
import pytest

from qlax.maths.convolution import convolve
from tests.tiers import in_turn

SHAPES = [
    # height, width, channels, filters, side, stride
    (10, 10, 4, 16, 3, 1),
    (84, 84, 4, 8, 8, 4),
    (20, 21, 3, 5, 4, 2),
    (9, 7, 2, 3, 3, 2),
    (11, 8, 1, 2, 5, 3),
    (5, 5, 2, 2, 1, 2),
    (4, 6, 2, 3, 4, 4),
]


@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("shape", in_turn([pytest.param(shape) for shape in SHAPES], 4), ids=str)
def test_both_formulations_agree_and_so_do_their_gradients(shape, padding):
    height, width, channels, filters, side, stride = shape
    keys = jax.random.split(jax.random.key(0), 3)
    images = jax.random.normal(keys[0], (3, height, width, channels))
    kernel = jax.random.normal(keys[1], (side, side, channels, filters))

    def applied(images, kernel, formulation):
        return convolve(images, kernel, stride, formulation, padding=padding)

    def outcome(formulation):
        made, pull = jax.vjp(lambda x, k: applied(x, k, formulation), images, kernel)
        return made, *pull(jax.random.normal(keys[2], made.shape))

    for ours, theirs in zip(outcome("products"), outcome("convolution"), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_by_hand():
    image = np.arange(9, dtype=np.float32).reshape((1, 3, 3, 1))
    kernel = np.array([[1, 10], [100, 1000]], np.float32).reshape((2, 2, 1, 1))
    expected = [[4310, 5421], [7643, 8754]]
    for formulation in ("products", "convolution", "auto"):
        made = convolve(image, kernel, 1, formulation)
        np.testing.assert_allclose(made[0, :, :, 0], expected)
    np.testing.assert_allclose(convolve(image, kernel, 2, "products")[0, :, :, 0], [[4310]])


def test_padding_is_zeros_around_the_image():
    image = np.arange(1, 5, dtype=np.float32).reshape((1, 2, 2, 1))
    kernel = np.ones((3, 3, 1, 1), np.float32)
    kernel[0, 0] = 10
    for formulation in ("products", "convolution"):
        made = convolve(image, kernel, 1, formulation, padding=1)
        np.testing.assert_allclose(made[0, :, :, 0], [[10, 10], [10, 19]])
