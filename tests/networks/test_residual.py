"""Blocks that add to what they were given."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax import UsageError, optimizers, schedules
from qlax.layers import Noisy
from qlax.networks import Residual
from qlax.spaces import Box, Discrete
from tests.networks.applying import Applied, box
from tests.probes import mdp
from tests.probes.training import agent_for_probes, assert_learns_q_star

SPACE = box([0.0] * 3, [1.0] * 3)
X = jax.random.normal(jax.random.key(1), (7, 3))


def made(network, space=SPACE, observation=X):
    module = Applied(network, space)
    params = module.init(jax.random.key(0), observation)
    # Scales and shifts of normalisation begin as 1 and 0, which would show nothing.
    leaves, structure = jax.tree.flatten(params)
    keys = jax.random.split(jax.random.key(2), len(leaves))
    drawn = [jax.random.normal(key, leaf.shape) for key, leaf in zip(keys, leaves, strict=True)]
    params = jax.tree.unflatten(structure, drawn)
    return params["params"], module.apply(params, observation)


def affine(x, weights):
    return x @ np.asarray(weights["kernel"]) + np.asarray(weights["bias"])


def normalised(x, weights):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt(np.square(centred).mean(-1, keepdims=True) + 1e-6)
    return scaled * np.asarray(weights["scale"]) + np.asarray(weights["bias"])


@pytest.mark.parametrize(
    ("activation", "function"), [("relu", lambda x: np.maximum(x, 0)), ("tanh", np.tanh)]
)
def test_each_block_adds_two_layers_of_its_normalised_input(activation, function):
    params, out = made(Residual(width=16, blocks=2, activation=activation))
    x = affine(np.asarray(X), params["input"])
    for block in (0, 1):
        inner = normalised(x, params[f"norm_{block}"])
        inner = function(affine(inner, params[f"inner_{block}"]))
        x = x + affine(inner, params[f"outer_{block}"])
    np.testing.assert_allclose(out, normalised(x, params["norm"]), rtol=1e-3, atol=1e-3)


def test_without_normalisation_it_is_sums_of_layers():
    params, out = made(Residual(width=16, blocks=1, layer_norm=False))
    x = affine(np.asarray(X), params["input"])
    x = x + affine(np.maximum(affine(x, params["inner_0"]), 0), params["outer_0"])
    np.testing.assert_allclose(out, x, rtol=1e-4, atol=1e-4)
    assert set(params) == {"input", "inner_0", "outer_0"}


def test_without_blocks_it_is_one_layer():
    params, out = made(Residual(width=16, blocks=0, layer_norm=False))
    np.testing.assert_allclose(out, affine(np.asarray(X), params["input"]), rtol=1e-4, atol=1e-5)


def test_every_layer_is_of_the_kind_asked_for():
    params, _ = made(Residual(width=16, blocks=1, layer=Noisy()))
    for name in ("input", "inner_0", "outer_0"):
        assert "kernel_deviation" in params[name]


@pytest.mark.parametrize(
    ("space", "shown", "inputs"),
    [
        (Box((2, 3), "uint8", 0.0, 255.0), jnp.ones((5, 2, 3), jnp.uint8), 6),
        (Discrete(3), jnp.array([0, 1, 2, 2, 0]), 3),
    ],
)
def test_observations_become_vectors(space, shown, inputs):
    params, out = made(Residual(width=16), space, shown)
    assert params["input"]["kernel"].shape == (inputs, 16)
    assert out.shape == (5, 16)


@pytest.mark.parametrize("layer_norm", [True, False])
def test_it_learns_q_star(layer_norm):
    agent = agent_for_probes(
        network=Residual(width=32, layer_norm=layer_norm),
        optimizer=optimizers.Adam(
            learning_rate=schedules.Exponential(start=0.01, rate=0.998, end=1e-4)
        ),
    )
    assert_learns_q_star(agent, mdp.choices(), 2_000)


@pytest.mark.parametrize(
    ("field", "value"), [("width", 0), ("blocks", -1), ("activation", "step"), ("layer_norm", 1)]
)
def test_impossible_values_are_refused(field, value):
    with pytest.raises(UsageError, match=rf"Residual\.{field} is .*, but must be "):
        Residual(**{field: value})
