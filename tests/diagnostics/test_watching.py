"""What layers answer to states, against the same in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from qlax import Agent, heads, memories, networks, replay
from qlax.diagnostics.watching import Watching, dormant_share
from qlax.layers import Noisy
from qlax.q_network import Evaluator, QNetwork
from qlax.spaces import Box

SPACE = Box(shape=(3,), dtype="float32", low=-1.0, high=1.0)
SHOWN = np.random.default_rng(0).uniform(-1, 1, (40, 3)).astype(np.float32)


def watched(shown=SHOWN, space=SPACE, change=None, **parts):
    """Return what was watched of an agent's network with fresh parameters."""
    agent = Agent(**parts)
    stage = agent.observation.init(space)
    network = QNetwork(
        observation=agent.observation,
        network=agent.network,
        memory=agent.memory,
        head=agent.head,
        space=space,
        num_actions=2,
    )
    params = network.fresh_params(jax.random.key(0), stage, shown)
    params = params if change is None else change(params)
    plain = Evaluator(network, params, stage, {})
    watching = Watching(*plain)
    if agent.memory is None:
        np.testing.assert_array_equal(watching(shown), plain(shown))
    else:
        known = shown[None], agent.memory.init(len(shown)), jnp.ones((1, len(shown)), bool)
        np.testing.assert_array_equal(watching.unroll(*known)[0], plain.unroll(*known)[0])
    return params["params"], watching


def relu(x, layer):
    return np.maximum(x @ np.asarray(layer["kernel"]) + np.asarray(layer["bias"]), 0.0)


def test_the_layers_and_features_of_an_mlp():
    params, watching = watched(network=networks.MLP(hidden=(16, 20)))
    first = relu(SHOWN, params["dense_0"])
    second = relu(first, params["dense_1"])
    one, two = watching.activity()
    np.testing.assert_allclose(one, first.mean(0), rtol=1e-5)
    np.testing.assert_allclose(two, second.mean(0), rtol=1e-5)
    np.testing.assert_allclose(watching.features(), second, rtol=1e-5)


def test_units_that_never_answer_are_dormant():
    def silenced(params):
        biases = params["params"]["dense_0"]["bias"]
        params["params"]["dense_0"]["bias"] = biases.at[:5].set(-100.0)
        return params

    _, watching = watched(network=networks.MLP(hidden=(16, 24)), change=silenced)
    asleep = [float((layer <= 0.025 * layer.mean()).mean()) for layer in watching.activity()]
    assert asleep[0] == 5 / 16
    share = float(dormant_share(watching.activity()))
    assert share == pytest.approx((5 + asleep[1] * 24) / 40)


def test_pixels_of_a_channel_are_one_unit():
    space = Box(shape=(6, 6, 1), dtype="float32", low=0.0, high=1.0)
    shown = np.random.default_rng(1).uniform(0, 1, (40, 6, 6, 1)).astype(np.float32)
    cnn = networks.CNN(channels=(4,), kernels=(3,), strides=(1,), hidden=(7,))
    _, watching = watched(shown, space, network=cnn)
    assert [layer.shape for layer in watching.activity()] == [(4,), (7,)]


def test_every_member_of_an_ensemble_has_layers_of_its_own():
    ensemble = heads.Ensemble(members=3, hidden=(5,), prior_scale=1.0)
    _, watching = watched(network=networks.MLP(hidden=(6,)), head=ensemble)
    assert sorted(layer.size for layer in watching.activity()) == [5, 5, 5, 6]
    assert watching.features().shape == (40, 6)


def test_streams_and_noise_have_units_too():
    head = heads.Scalar(stream=heads.Dueling(hidden=9, layer=Noisy()))
    _, watching = watched(network=networks.MLP(hidden=(6,), layer=Noisy()), head=head)
    assert sorted(layer.size for layer in watching.activity()) == [6, 9, 9]


def test_features_are_what_a_memory_hands_on():
    parts = {"memory": memories.GRU(size=11), "replay": replay.Sequences()}
    _, watching = watched(network=networks.MLP(hidden=(6,)), **parts)
    assert watching.features().shape == (40, 11)
    assert [layer.shape for layer in watching.activity()] == [(6,)]


class Own(nn.Module):
    """A user's network."""

    @nn.compact
    def __call__(self, x):
        return nn.tanh(nn.Dense(8)(nn.relu(nn.Dense(4)(x))))


def test_of_a_users_own_network_the_features_are_looked_at():
    _, watching = watched(network=Own())
    (layer,) = watching.activity()
    np.testing.assert_allclose(layer, np.abs(watching.features()).mean(0), rtol=1e-6)


def test_a_table_has_neither():
    _, watching = watched(network=networks.TileCoding())
    assert watching.activity() == []
    assert watching.features() is None
