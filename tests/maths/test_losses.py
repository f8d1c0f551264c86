"""Losses, by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from qlax.maths.losses import huber, squared


@pytest.fixture(params=["plain", "jitted"], name="maybe_jit")
def _maybe_jit(request):
    return jax.jit if request.param == "jitted" else lambda function: function


def test_squared_is_half_the_square(maybe_jit):
    np.testing.assert_allclose(maybe_jit(squared)(jnp.array([-3.0, 0.0, 0.5])), [4.5, 0.0, 0.125])


def test_huber_is_a_parabola_inside_and_a_line_outside(maybe_jit):
    # ½ · 0.5² = 0.125;  at 1 both are ½;  1 · (3 − ½) = 2.5
    errors = jnp.array([0.0, 0.5, -0.5, 1.0, -1.0, 3.0, -3.0])
    expected = [0.0, 0.125, 0.125, 0.5, 0.5, 2.5, 2.5]
    np.testing.assert_allclose(maybe_jit(huber)(errors), expected)


def test_hubers_corner_can_be_moved():
    # κ = 2: ½ · 1.5² = 1.125 inside; 2 · (5 − 1) = 8 outside
    np.testing.assert_allclose(huber(jnp.array([1.5, -5.0]), 2.0), [1.125, 8.0])


def test_hubers_gradient_is_the_clipped_error():
    errors = jnp.array([-7.0, -0.3, 0.0, 0.3, 7.0])
    gradient = jax.vmap(jax.grad(huber))(errors)
    np.testing.assert_allclose(gradient, [-1.0, -0.3, 0.0, 0.3, 1.0], atol=1e-7)


def test_huber_agrees_with_optax():
    errors = jnp.linspace(-5.0, 5.0, 101)
    np.testing.assert_allclose(huber(errors), optax.losses.huber_loss(errors), atol=1e-6)
    np.testing.assert_allclose(
        huber(errors, 0.5), optax.losses.huber_loss(errors, delta=0.5), atol=1e-6
    )
