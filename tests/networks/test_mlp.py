"""Fully connected layers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax import UsageError, optimizers, schedules
from qlax.layers import Dense, Noisy
from qlax.networks import MLP
from qlax.spaces import Box, Discrete
from tests.networks.applying import Applied, box
from tests.probes import mdp
from tests.probes.training import agent_for_probes, assert_learns_q_star

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
    params, out = made(MLP(hidden=(24, 16), activation=activation), SPACE, X)
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
    params, out = made(MLP(hidden=(16,)), space, jnp.ones((5, 2, 3), jnp.uint8))
    assert params["params"]["dense_0"]["kernel"].shape == (6, 16)
    assert out.shape == (5, 16)
    assert out.dtype == jnp.float32


def test_discrete_states_become_one_hot():
    params, out = made(MLP(hidden=(16,)), Discrete(3), jnp.array([2, 0]))
    kernel = np.asarray(params["params"]["dense_0"]["kernel"])
    np.testing.assert_allclose(out, np.maximum(kernel[[2, 0]], 0), atol=1e-6)


def test_a_list_of_widths_becomes_a_tuple():
    assert MLP(hidden=[8, 8]) == MLP(hidden=(8, 8))
    assert hash(MLP(hidden=[8, 8])) == hash(MLP(hidden=(8, 8)))


def test_layers_are_normalised_before_the_nonlinearity():
    params, out = made(MLP(hidden=(24, 16), layer_norm=True, activation="tanh"), SPACE, X)
    x = np.asarray(X)
    for layer in (0, 1):
        weights = params["params"][f"dense_{layer}"]
        x = x @ np.asarray(weights["kernel"]) + np.asarray(weights["bias"])
        x = x - x.mean(-1, keepdims=True)
        x = np.tanh(x / np.sqrt(np.square(x).mean(-1, keepdims=True) + 1e-6))
    np.testing.assert_allclose(out, x, atol=1e-4)
    # Scale and shift are learned.
    norm = params["params"]["norm_1"]
    np.testing.assert_array_equal(norm["scale"], np.ones(16))
    np.testing.assert_array_equal(norm["bias"], np.zeros(16))


def test_layers_are_of_the_kind_asked_for():
    params, _ = made(MLP(hidden=(24, 16), layer=Noisy(sigma=0.3)), SPACE, X)
    for layer, inputs in (("dense_0", 3), ("dense_1", 24)):
        deviation = params["params"][layer]["kernel_deviation"]
        np.testing.assert_allclose(
            deviation, np.full(deviation.shape, 0.3 / inputs**0.5), rtol=1e-6
        )


def test_noise_changes_what_noisy_layers_say_and_nothing_else_does():
    module = Applied(MLP(hidden=(5,), layer=Noisy()), SPACE)
    params = module.init(jax.random.key(0), X)
    without = module.apply(params, X)
    one, other = (module.apply(params, X, rngs={"noise": jax.random.key(n)}) for n in (1, 2))
    again = module.apply(params, X, rngs={"noise": jax.random.key(1)})
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.01
    assert np.abs(one - without).max() > 0.01
    np.testing.assert_array_equal(without, module.apply(params, X))


def test_sparse_first_weights_leave_out_their_share_of_inputs():
    space = box([0.0] * 20, [1.0] * 20)
    layer = Dense(kernel="sparse", sparsity=0.9)
    params, _ = made(MLP(hidden=(50,), layer=layer), space, jnp.zeros((1, 20)))
    kernel = np.asarray(params["params"]["dense_0"]["kernel"])
    assert ((kernel != 0).sum(0) == 2).all()
    assert np.abs(kernel).max() <= 1 / 20**0.5


def test_normalised_sparse_layers_learn_q_star():
    layer = Dense(kernel="sparse", sparsity=0.5)
    agent = agent_for_probes(
        network=MLP(hidden=(32, 32), layer=layer, layer_norm=True, activation="leaky_relu"),
        optimizer=optimizers.Adam(
            learning_rate=schedules.Exponential(start=0.01, rate=0.998, end=1e-4)
        ),
    )
    assert_learns_q_star(agent, mdp.choices(), 2_000)


@pytest.mark.parametrize(("field", "value"), [("layer", "dense"), ("layer_norm", 1)])
def test_impossible_values_are_refused(field, value):
    with pytest.raises(UsageError, match=rf"MLP\.{field} is .*, but must be "):
        MLP(**{field: value})
