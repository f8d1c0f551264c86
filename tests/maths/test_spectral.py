"""The largest singular value, against NumPy's decomposition."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax.maths.spectral import spectral_norm, spectrally_normalised


def random_matrix(shape, seed=0):
    """Return a matrix as training leaves them: random, with columns of several lengths."""
    random = np.random.default_rng(seed)
    return random.normal(size=shape) * random.uniform(0.1, 2.0, shape[1])


@pytest.mark.parametrize(
    "shape", [(144, 16), (288, 32), (576, 64), (9, 4), (3, 5), (4, 1)], ids=str
)
def test_it_is_the_first_singular_value_and_its_gradient(shape):
    matrix = random_matrix(shape)
    u, values, v = np.linalg.svd(matrix, full_matrices=False)
    norm, gradient = jax.value_and_grad(spectral_norm)(jnp.asarray(matrix, jnp.float32))
    np.testing.assert_allclose(norm, values[0], rtol=1e-4)
    np.testing.assert_allclose(gradient, np.outer(u[:, 0], v[0]), atol=2e-3)


def test_hardly_any_gap_to_the_other_values_costs_a_thousandth():
    first, second = (np.linalg.qr(random_matrix((n, 64), n))[0] for n in (576, 64))
    for gap in (0.1, 0.01, 0.001):
        values = np.r_[1.0, np.full(63, 1.0 - gap)]
        norm = spectral_norm(jnp.asarray(first * values @ second.T, jnp.float32))
        np.testing.assert_allclose(norm, 1.0, atol=1.5e-3)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_normalised_kernel_has_norm_one_whatever_its_scale(scale):
    kernel = scale * random_matrix((72, 8)).reshape((3, 3, 8, 8))
    made = spectrally_normalised(jnp.asarray(kernel, jnp.float32))
    assert made.shape == kernel.shape
    np.testing.assert_allclose(np.linalg.norm(made.reshape((72, 8)), 2), 1.0, rtol=1e-4)
    np.testing.assert_allclose(made * np.linalg.norm(kernel.reshape((72, 8)), 2), kernel, rtol=1e-3)


def test_zeros_stay_zeros():
    zeros = jnp.zeros((3, 3, 2, 4))
    made, pull = jax.vjp(spectrally_normalised, zeros)
    np.testing.assert_array_equal(made, 0.0)
    assert np.isfinite(pull(jnp.ones_like(made))[0]).all()


def test_one_filter_alone_is_found_wherever_it_is():
    for column in range(4):
        matrix = jnp.zeros((6, 4)).at[2, column].set(-3.0)
        np.testing.assert_allclose(spectral_norm(matrix), 3.0, rtol=1e-6)
