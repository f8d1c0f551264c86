"""From features to outputs per action."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from qlax.features import SparseFeatures
from qlax.heads import Dueling, Plain
from tests.networks.applying import matrix_of

ACTIONS, OUTPUTS = 4, 3
DENSE = jax.random.normal(jax.random.key(1), (6, 5))
SPARSE = SparseFeatures(jnp.array([[0, 2], [1, 3], [0, 4]]), 5)


class Applied(nn.Module):
    """A stream by itself."""

    stream: object

    @nn.compact
    def __call__(self, features):
        return self.stream(features, ACTIONS, OUTPUTS)


def made(stream, features, scale=1.0):
    """Return parameters away from zero, and the outputs they make."""
    module = Applied(stream)
    params = module.init(jax.random.key(0), features)
    leaves, tree = jax.tree.flatten(params)
    keys = jax.random.split(jax.random.key(2), len(leaves))
    params = tree.unflatten(
        [scale * jax.random.normal(key, leaf.shape) for key, leaf in zip(keys, leaves, strict=True)]
    )
    return params["params"], module.apply(params, features)


def test_plain_is_one_linear_layer():
    params, out = made(Plain(), DENSE)
    flat = np.asarray(DENSE) @ matrix_of(params["output"]) + params["output"]["bias"]
    np.testing.assert_allclose(out, flat.reshape(6, ACTIONS, OUTPUTS), atol=1e-5)


@pytest.mark.parametrize("hidden", [0, 7])
@pytest.mark.parametrize("features", [DENSE, SPARSE], ids=["dense", "sparse"])
def test_the_mean_over_actions_of_dueling_is_the_value(hidden, features):
    """V + A − mean A: the advantages cancel, so the mean is V itself."""
    params, out = made(Dueling(hidden=hidden), features)
    no_advantage = jax.tree.map(jnp.zeros_like, params["advantage"])
    value = Applied(Dueling(hidden=hidden)).apply(
        {"params": {**params, "advantage": no_advantage}}, features
    )
    np.testing.assert_allclose(out.mean(1), value[:, 0], atol=1e-5)
    np.testing.assert_allclose(value, np.broadcast_to(value[:, :1], value.shape), atol=1e-6)
    assert float(np.abs(out - value).max()) > 0.1


def test_dueling_by_hand():
    params, out = made(Dueling(), DENSE)

    def layer(name):
        return np.asarray(DENSE) @ matrix_of(params[name]) + params[name]["bias"]

    advantage = layer("advantage").reshape(6, ACTIONS, OUTPUTS)
    expected = layer("value")[:, None] + advantage - advantage.mean(1, keepdims=True)
    np.testing.assert_allclose(out, expected, atol=1e-5)


def test_a_hidden_layer_serves_each_stream_by_itself():
    params, _ = made(Dueling(hidden=7), DENSE)
    assert matrix_of(params["value_hidden"]).shape == (5, 7)
    assert matrix_of(params["advantage_hidden"]).shape == (5, 7)
    assert matrix_of(params["value"]).shape == (7, OUTPUTS)
    assert matrix_of(params["advantage"]).shape == (7, ACTIONS * OUTPUTS)


@pytest.mark.parametrize("stream", [Plain(), Dueling()])
def test_tables_start_at_zero(stream):
    module = Applied(stream)
    out = module.apply(module.init(jax.random.key(0), SPARSE), SPARSE)
    np.testing.assert_array_equal(out, np.zeros((3, ACTIONS, OUTPUTS)))


def test_sparse_features_are_the_dense_vector_they_stand_for():
    params, out = made(Plain(), SPARSE)
    ones = np.zeros((3, 5))
    ones[np.arange(3)[:, None], np.asarray(SPARSE.indices)] = 1.0
    expected = (ones @ np.asarray(params["output"]["kernel"])).reshape(3, ACTIONS, OUTPUTS)
    np.testing.assert_allclose(out, expected, atol=1e-5)


@pytest.mark.parametrize("stream", [Plain(), Dueling(), Dueling(hidden=7)])
@pytest.mark.parametrize("features", [DENSE, SPARSE], ids=["dense", "sparse"])
def test_a_fresh_stream_can_learn_to_tell_states_apart(stream, features):
    """Zeros before a ReLU would have no gradient, and every state one value for ever."""
    module = Applied(stream)
    params = module.init(jax.random.key(0), features)
    wanted = jax.random.normal(jax.random.key(3), module.apply(params, features).shape)

    @jax.jit
    def step(params):
        gradient = jax.grad(lambda p: ((module.apply(p, features) - wanted) ** 2).sum())(params)
        return jax.tree.map(lambda p, g: p - 0.02 * g, params, gradient)

    for _ in range(100):
        params = step(params)
    spread = module.apply(params, features).std(0)
    assert float(spread.min()) > 0.05
