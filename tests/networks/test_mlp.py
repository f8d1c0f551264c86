"""Fully connected layers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax.networks import MLP
from qlax.spaces import Box, Discrete
from tests.networks.applying import Applied, box

SPACE = box([0.0] * 3, [1.0] * 3)
X = jax.random.normal(jax.random.key(1), (7, 3))


def made(network, space, observation):
    module = Applied(network, space)
    params = module.init(jax.random.key(0), observation)
    return params, module.apply(params, observation)


@pytest.mark.parametrize(
    ("activation", "function"),
    [
        ("relu", lambda x: np.maximum(x, 0)),
        ("tanh", np.tanh),
        ("silu", lambda x: x / (1 + np.exp(-x))),
        ("elu", lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0)))),
    ],
)
def test_each_layer_is_a_matrix_a_bias_and_a_nonlinearity(activation, function):
    params, out = made(MLP(hidden=(5, 4), activation=activation), SPACE, X)
    x = np.asarray(X)
    for layer in ("dense_0", "dense_1"):
        weights = params["params"][layer]
        x = function(x @ np.asarray(weights["kernel"]) + np.asarray(weights["bias"]))
    np.testing.assert_allclose(out, x, atol=1e-5)


def test_no_layers_hand_on_the_observation():
    _, out = made(MLP(hidden=()), SPACE, X)
    np.testing.assert_array_equal(out, X)


def test_images_are_flattened():
    space = Box(shape=(2, 3), dtype="uint8", low=0.0, high=255.0)
    params, out = made(MLP(hidden=(4,)), space, jnp.ones((5, 2, 3), jnp.uint8))
    assert params["params"]["dense_0"]["kernel"].shape == (6, 4)
    assert out.shape == (5, 4)
    assert out.dtype == jnp.float32


def test_discrete_states_become_one_hot():
    params, out = made(MLP(hidden=(4,)), Discrete(3), jnp.array([2, 0]))
    kernel = np.asarray(params["params"]["dense_0"]["kernel"])
    np.testing.assert_allclose(out, np.maximum(kernel[[2, 0]], 0), atol=1e-6)


def test_a_list_of_widths_becomes_a_tuple():
    assert MLP(hidden=[8, 8]) == MLP(hidden=(8, 8))
    assert hash(MLP(hidden=[8, 8])) == hash(MLP(hidden=(8, 8)))
