"""The network of the quantile function, by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from qlax.features import SparseFeatures
from qlax.heads import Dueling, Plain
from qlax.heads.quantile_function import QuantileFunction
from qlax.layers import Noisy
from tests.heads.predicting import ACTIONS, BATCH, DENSE, SPARSE, random_params

LEVELS = jnp.array([0.0, 0.3, 0.5, 0.9])


class Known(nn.Module):
    """A quantile function of three cosines."""

    stream: object

    @nn.compact
    def __call__(self, features):
        return QuantileFunction(3, self.stream, name="function")(features, LEVELS, ACTIONS)


class Disguised:
    """A stream that cannot be recognised as what it is."""

    def __init__(self, stream):
        self.stream = stream

    def __call__(self, features, num_actions, outputs):
        return self.stream(features, num_actions, outputs)


def linear(layer, inputs):
    """Return W x + b, whichever way round W is stored."""
    kernel = np.asarray(layer["kernel"])
    kernel = kernel if kernel.shape[0] == inputs.shape[-1] else kernel.T
    return inputs @ kernel + np.asarray(layer["bias"])


def test_by_hand():
    module = Known(Plain())
    params = random_params(module, DENSE)
    layers = params["params"]["function"]
    waves = np.cos(np.pi * np.arange(3) * np.asarray(LEVELS)[:, None])  # 1, cos πτ, cos 2πτ
    products = np.asarray(DENSE)[:, None] * np.maximum(0.0, linear(layers["levels"], waves))
    expected = linear(layers["output"], products).swapaxes(1, 2)
    found = module.apply(params, DENSE)
    assert found.shape == (BATCH, ACTIONS, len(LEVELS))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("features", [DENSE, SPARSE], ids=["dense", "sparse"])
@pytest.mark.parametrize("stream", [Plain(), Dueling()])
def test_an_affine_stream_makes_what_it_makes_of_the_products(stream, features):
    """Outputs and gradients are those without the short cut."""
    short, long = Known(stream), Known(Disguised(stream))
    params = random_params(short, features)
    found, expected = (module.apply(params, features) for module in (short, long))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)

    def slope(module):
        return jax.grad(lambda params: (module.apply(params, features) ** 2).sum())(params)

    jax.tree.map(
        lambda *slopes: np.testing.assert_allclose(*slopes, rtol=1e-3, atol=1e-2),
        slope(short),
        slope(long),
    )


@pytest.mark.parametrize("stream", [Plain(layer=Noisy()), Dueling(layer=Noisy())])
def test_noise_in_the_stream_is_one_draw_for_all_levels_in_learning(stream):
    short, long = Known(stream), Known(Disguised(stream))
    params = random_params(short, DENSE)
    key = {"noise": jax.random.key(5)}
    found = short.apply(params, DENSE, rngs=key)
    np.testing.assert_allclose(found, long.apply(params, DENSE, rngs=key), rtol=1e-5)
    assert float(jnp.abs(found - short.apply(params, DENSE)).max()) > 0.01


def test_a_table_has_vectors_of_its_own():
    params = random_params(Known(Plain()), SPARSE)["params"]["function"]
    assert params["features"]["kernel"].shape == (SPARSE.size, 64)
    other = SparseFeatures(SPARSE.indices, 99)
    assert random_params(Known(Plain()), other)["params"]["function"]["features"][
        "kernel"
    ].shape == (
        99,
        64,
    )


def test_any_continuous_quantile_function_can_be_learned():
    """Two states, whose laws are uniform in (0, 1) and its mirror image cubed."""
    levels = jnp.linspace(0.0, 1.0, 41)
    wanted = jnp.stack([levels, 1.0 - (1.0 - levels) ** 3])[:, None]
    features = SparseFeatures(jnp.array([[0], [1]]), 2)
    module = QuantileFunction(16, Plain())
    params = module.init(jax.random.key(0), features, levels, 1)

    def loss(params):
        return ((module.apply(params, features, levels, 1) - wanted) ** 2).sum()

    def step(_, params):
        return jax.tree.map(lambda p, g: p - 1e-3 * g, params, jax.grad(loss)(params))

    learned = jax.jit(lambda params: jax.lax.fori_loop(0, 5_000, step, params))(params)
    np.testing.assert_allclose(module.apply(learned, features, levels, 1), wanted, atol=0.05)
