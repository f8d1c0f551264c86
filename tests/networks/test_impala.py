"""The residual convolutional network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from qlax import UsageError, memories, observations, optimizers, replay, schedules
from qlax.layers import Noisy
from qlax.networks import ImpalaCNN
from qlax.spaces import Box
from tests.networks.applying import Applied
from tests.probes import mdp
from tests.probes.pictured import Pictured, learned_from_pictures
from tests.probes.training import DISCOUNT, agent_for_probes
from tests.tiers import one_in

SPACE = Box((10, 10, 4), "bool", 0.0, 1.0)
IMAGES = jax.random.bernoulli(jax.random.key(1), 0.3, (5, 10, 10, 4))
SMALL = {"channels": (4, 6), "hidden": (16,)}


def made(network, images=IMAGES, space=SPACE):
    module = Applied(network, space)
    params = module.init(jax.random.key(0), images)
    return params["params"], module.apply(params, images)


def shapes(network, size):
    """Return the shapes of the parameters and of the features, without computing them."""
    space = Box(size, "uint8", 0.0, 255.0)
    images = jax.ShapeDtypeStruct((2, *size), jnp.uint8)
    params, features = jax.eval_shape(lambda images: made(network, images, space), images)
    return jax.tree.map(lambda leaf: leaf.shape, params), features.shape


def by_flax(params, images, norms=()):
    """Return the features of SMALL by Flax's own layers, kernels divided by the given norms."""
    x = jnp.asarray(images, jnp.float32)

    def convolved(x, name):
        kernel = params[name]["kernel"] / dict(norms).get(name, 1.0)
        layer = nn.Conv(kernel.shape[-1], (3, 3), padding="SAME")
        return layer.apply({"params": {"kernel": kernel, "bias": params[name]["bias"]}}, x)

    for block in range(2):
        x = convolved(x, f"conv_{block}")
        x = nn.max_pool(x, (3, 3), strides=(2, 2), padding=((1, 1), (1, 1)))
        for unit in range(2):
            name = f"unit_{block}_{unit}"
            inner = convolved(nn.relu(x), f"{name}_inner")
            x = x + convolved(nn.relu(inner), f"{name}_outer")
    x = nn.relu(x).reshape((x.shape[0], -1))
    return nn.relu(x @ params["dense_0"]["kernel"] + params["dense_0"]["bias"])


@pytest.mark.parametrize("formulation", ["products", "convolution"])
def test_it_is_blocks_of_convolution_pooling_and_units(formulation):
    params, features = made(ImpalaCNN(**SMALL, formulation=formulation))
    assert features.shape == (5, 16)
    np.testing.assert_allclose(features, by_flax(params, IMAGES), atol=1e-5)


def test_spectral_normalisation_is_of_the_units_alone():
    params, features = made(ImpalaCNN(**SMALL, spectral_norm=True))
    norms = {
        name: np.linalg.norm(np.asarray(params[name]["kernel"]).reshape((-1, channels)), 2)
        for block, channels in enumerate(SMALL["channels"])
        for unit in range(2)
        for half in ("inner", "outer")
        for name in (f"unit_{block}_{unit}_{half}",)
    }
    np.testing.assert_allclose(features, by_flax(params, IMAGES, norms), atol=1e-4)
    assert not np.allclose(features, by_flax(params, IMAGES), atol=1e-2)


def test_atari_has_the_shapes_of_the_papers():
    params, features = shapes(ImpalaCNN(), (84, 84, 4))
    assert features == (2, 256)
    assert params["dense_0"]["kernel"] == (11 * 11 * 32, 256)
    params, features = shapes(ImpalaCNN(width=2, pooled=6, hidden=()), (84, 84, 4))
    assert features == (2, 6 * 6 * 64)
    assert params["conv_0"]["kernel"] == (3, 3, 4, 32)
    assert params["unit_2_1_outer"]["kernel"] == (3, 3, 64, 64)


def test_small_images_are_pooled_no_further_than_they_are():
    for pooled in (None, 6):
        network = ImpalaCNN(hidden=(), pooled=pooled)
        assert shapes(network, (10, 10, 4))[1] == (2, 2 * 2 * 32)
        assert shapes(network, (5, 5, 4))[1] == (2, 32)


def test_pooled_features_are_the_largest_of_all():
    whole, pooled = (
        made(ImpalaCNN(channels=(4,), hidden=(), pooled=pooled))[1] for pooled in (None, 1)
    )
    np.testing.assert_array_equal(pooled, whole.reshape((5, 25, 4)).max(1))


def test_norms_are_of_what_enters_a_block_and_of_dense_layers():
    params, _ = made(ImpalaCNN(**SMALL, layer_norm=True))
    norms = {name for name in params if "norm" in name}
    assert norms == {"conv_norm_0", "conv_norm_1", "norm_0"}
    plain = {name: params[name] for name in params if name not in norms}
    assert jax.tree.map(jnp.shape, plain) == jax.tree.map(jnp.shape, made(ImpalaCNN(**SMALL))[0])
    _, features = made(ImpalaCNN(**SMALL, layer_norm=True, activation="leaky_relu"))
    plain = jnp.where(features > 0, features, features / 0.01)
    np.testing.assert_allclose(plain.mean(-1), 0.0, atol=1e-4)
    np.testing.assert_allclose(plain.std(-1), 1.0, atol=1e-3)


def test_dense_layers_may_be_noisy():
    params, _ = made(ImpalaCNN(**SMALL, layer=Noisy()))
    assert "kernel_deviation" in params["dense_0"]
    assert "kernel_deviation" not in params["conv_0"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"channels": ()}, r"ImpalaCNN\.channels is \(\), but must be one or more"),
        ({"channels": (16, 0)}, "channels"),
        ({"width": 0}, "width is 0, but must be at least 1"),
        ({"pooled": 0}, "pooled is 0, but must be at least 1 or None"),
        ({"hidden": (-1,)}, "hidden"),
    ],
)
def test_what_cannot_work_is_refused(fields, message):
    with pytest.raises(UsageError, match=message):
        ImpalaCNN(**fields)


def test_what_is_no_image_is_refused():
    with pytest.raises(UsageError, match="ImpalaCNN reads images"):
        made(ImpalaCNN(), jnp.zeros((5, 3)), Box((3,), "float32", 0.0, 1.0))


def test_images_that_run_out_of_pixels_are_refused():
    with pytest.raises(UsageError, match=r"at least 5 × 5 pixels, .* shows 4 × 10"):
        made(ImpalaCNN(), IMAGES[:, :4], Box((4, 10, 4), "bool", 0.0, 1.0))
    assert shapes(ImpalaCNN(channels=(4, 4)), (4, 10, 4))[1] == (2, 256)


def assert_learns(iterations, atol, **parts):
    """Train on pictures of a probe, and compare with the true values."""
    process = mdp.begun_anywhere(mdp.choices())
    rate = schedules.Exponential(start=0.01, rate=0.01 ** (1 / iterations), end=1e-4)
    agent = agent_for_probes(
        observation=observations.Pixels(), optimizer=optimizers.Adam(learning_rate=rate), **parts
    )
    learned = learned_from_pictures(agent, Pictured(process), iterations)
    seen, true = mdp.visited(process), mdp.value_iteration(process, DISCOUNT)
    np.testing.assert_allclose(learned[seen], true[seen], atol=atol)


@one_in(3, 1)
def test_it_learns_q_star_from_pictures():
    network = ImpalaCNN(channels=(4,), hidden=(16,), pooled=2, spectral_norm=True)
    assert_learns(1_000, 0.05, network=network)


@one_in(3, 2)
def test_it_learns_before_a_memory():
    assert_learns(
        800,
        0.1,
        network=ImpalaCNN(channels=(4,), hidden=(16,)),
        memory=memories.LSTM(size=16),
        replay=replay.Sequences(capacity=4_000, batch_size=8, length=4),
    )
