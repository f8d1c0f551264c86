"""The network of the quantile function, by hand."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from qlax.agent import Agent
from qlax.features import SparseFeatures
from qlax.heads import FQF, IQN, Dueling, Plain
from qlax.heads.quantile_function import QuantileFunction
from qlax.layers import Noisy
from qlax.networks import MLP
from qlax.observations import Raw
from qlax.q_network import Evaluator
from qlax.spaces import Box, EnvSpec
from qlax.states import ActingParams
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


@pytest.mark.parametrize("stream", [Plain(layer=Noisy()), Dueling(hidden=8, layer=Noisy())])
@pytest.mark.parametrize("head", [IQN(acting_quantiles=32, embedding=4), FQF(embedding=4)])
def test_the_mean_over_levels_is_as_noisy_in_acting_as_with_one_draw_of_weights(head, stream):
    """Noise that differed between 32 levels would leave a fifth of it in their mean."""
    agent = Agent(network=MLP(hidden=(16,)), head=replace(head, stream=stream), observation=Raw())
    space = Box(shape=(2,), dtype="float32", low=-1.0, high=1.0)
    spec = EnvSpec(id="Box", observation=space, num_actions=2)
    draws = 4_000
    shown = jnp.tile(jnp.array([[0.3, -0.8]]), (draws, 1))
    params = agent.init_params(jax.random.key(1), spec, shown[:1])

    def with_one_draw(key):
        evaluate = Evaluator(agent.q_network(spec), params, (), {"noise": key})
        return agent.head.q_values(evaluate(shown[:1]))[0]

    key = jax.random.key(2)
    of_environments = agent.values(ActingParams(params, ()), spec, shown, key=key)[0]
    of_weights = jax.vmap(with_one_draw)(jax.random.split(key, draws))
    # A standard deviation of 4,000 draws is known to about 1.5 %, more with heavy tails.
    deviation = of_weights.std(0)
    np.testing.assert_allclose(of_environments.std(0), deviation, rtol=0.08)
    distance = np.abs(of_environments.mean(0) - of_weights.mean(0))
    assert (distance < 6 * deviation / draws**0.5).all()


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
