"""Convolutional networks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from qlax import UsageError, observations, optimizers, schedules
from qlax.networks import CNN
from qlax.spaces import Box
from tests.networks.applying import Applied
from tests.probes import mdp
from tests.probes.pictured import Pictured, learned_from_pictures
from tests.probes.training import DISCOUNT, agent_for_probes
from tests.tiers import one_in

SPACE = Box((10, 10, 4), "bool", 0.0, 1.0)
IMAGES = jax.random.bernoulli(jax.random.key(1), 0.3, (5, 10, 10, 4))


def made(network, images=IMAGES, space=SPACE):
    module = Applied(network, space)
    params = module.init(jax.random.key(0), images)
    return params["params"], module.apply(params, images)


def test_it_is_convolution_bias_relu_and_a_layer():
    params, features = made(CNN())
    x = jnp.asarray(IMAGES, jnp.float32)
    flax = nn.Conv(16, (3, 3), padding="VALID")
    x = nn.relu(flax.apply({"params": params["conv_0"]}, x)).reshape((5, -1))
    assert x.shape == (5, 8 * 8 * 16)
    x = nn.relu(x @ params["dense_0"]["kernel"] + params["dense_0"]["bias"])
    np.testing.assert_allclose(features, x, atol=1e-5)


def test_atari_has_the_shapes_of_the_paper():
    network = CNN(channels=(32, 64, 64), kernels=(8, 4, 3), strides=(4, 2, 1), hidden=(512,))
    space = Box((84, 84, 4), "uint8", 0.0, 255.0)
    params, features = made(network, jnp.zeros((2, 84, 84, 4), jnp.uint8), space)
    assert features.shape == (2, 512)
    assert params["dense_0"]["kernel"].shape == (7 * 7 * 64, 512)


def test_norms_are_over_whole_layers():
    _, features = made(CNN(hidden=(), layer_norm=True, activation="leaky_relu"))
    assert features.shape == (5, 8 * 8 * 16)
    plain = jnp.where(features > 0, features, features / 0.01)
    np.testing.assert_allclose(plain.mean(-1), 0.0, atol=1e-4)
    np.testing.assert_allclose(plain.std(-1), 1.0, atol=1e-3)


def test_both_formulations_have_the_same_parameters_and_outputs():
    ours, theirs = (made(CNN(formulation=name)) for name in ("products", "convolution"))
    jax.tree.map(np.testing.assert_array_equal, ours[0], theirs[0])
    np.testing.assert_allclose(ours[1], theirs[1], atol=1e-5)


def test_an_image_without_channels_has_one():
    _, features = made(CNN(), IMAGES[..., 0], Box((10, 10), "bool", 0.0, 1.0))
    assert features.shape == (5, 128)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"channels": (16, 0), "kernels": (3, 3), "strides": (1, 1)}, "channels"),
        ({"kernels": (3, 3)}, r"kernels is \(3, 3\), but must be as many as channels \(1\)"),
        ({"strides": ()}, "strides"),
        ({"hidden": (-1,)}, "hidden"),
    ],
)
def test_what_cannot_work_is_refused(fields, message):
    with pytest.raises(UsageError, match=message):
        CNN(**fields)


def test_what_is_no_image_is_refused():
    with pytest.raises(UsageError, match="reads images"):
        made(CNN(), jnp.zeros((5, 3)), Box((3,), "float32", 0.0, 1.0))
    with pytest.raises(UsageError, match="layer 2 sees 8 × 8"):
        made(CNN(channels=(4, 4), kernels=(3, 9), strides=(1, 1)))


@one_in(3, 0)
def test_it_learns_q_star_from_pictures():
    process = mdp.begun_anywhere(mdp.choices())
    agent = agent_for_probes(
        network=CNN(channels=(8,), kernels=(2,), hidden=(32,)),
        observation=observations.Pixels(),
        optimizer=optimizers.Adam(
            learning_rate=schedules.Exponential(start=0.01, rate=0.9985, end=1e-4)
        ),
    )
    learned = learned_from_pictures(agent, Pictured(process), 3_000)
    seen = mdp.visited(process)
    true = mdp.value_iteration(process, DISCOUNT)
    np.testing.assert_allclose(learned[seen], true[seen], atol=0.05)


@pytest.mark.parametrize("colours", [(), (3,)])
def test_frames_become_channels(colours):
    frames = jax.random.uniform(jax.random.key(2), (5, 2, 10, 10, *colours))
    stack = Box(frames.shape[1:], "float32", 0.0, 1.0, frames=2)
    side_by_side = jnp.concatenate(
        [frames[:, at].reshape((5, 10, 10, -1, 1)) for at in range(2)], -1
    ).reshape((5, 10, 10, -1))
    image = Box(side_by_side.shape[1:], "float32", 0.0, 1.0)
    of_stack, of_image = (
        made(CNN(), shown, space)[1] for shown, space in ((frames, stack), (side_by_side, image))
    )
    np.testing.assert_array_equal(of_stack, of_image)
