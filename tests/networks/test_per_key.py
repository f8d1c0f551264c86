"""A network for each entry of an observation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from qlax import Agent, UsageError, optimizers, schedules
from qlax.drivers import CompiledDriver
from qlax.envs.vectorised import Vectorised
from qlax.features import SparseFeatures
from qlax.networks import MLP, PerKey, Table, TileCoding
from qlax.spaces import Box, Composite, Discrete, EnvSpec
from tests.networks.applying import Applied, features
from tests.probes import mdp
from tests.probes.training import DISCOUNT, agent_for_probes

PLANE = Box(shape=(2,), dtype="float32", low=0.0, high=1.0)
SPACE = Composite((("observation", PLANE), ("place", Discrete(4)), ("room", Discrete(3))))
SHOWN = {
    "observation": jnp.array([[0.1, 0.2], [0.9, 0.8]]),
    "place": jnp.array([3, 1]),
    "room": jnp.array([0, 2]),
}


class Doubled(nn.Module):
    """A user's own module."""

    @nn.compact
    def __call__(self, x):
        return 2.0 * x


def made(network):
    module = Applied(network, SPACE)
    params = module.init(jax.random.key(0), SHOWN)
    return params.get("params"), module.apply(params, SHOWN)


def test_features_stand_end_to_end_in_the_order_of_the_keys():
    network = PerKey(keys=("place", "observation"), networks=(MLP(hidden=()), Doubled()))
    _, out = made(network)
    np.testing.assert_allclose(out, [[0, 0, 0, 1, 0.2, 0.4], [0, 1, 0, 0, 1.8, 1.6]], atol=1e-6)


def test_networks_of_a_kind_have_parameters_of_their_own():
    network = PerKey(keys=("observation", "place"), networks=(MLP(hidden=(16,)), MLP(hidden=(20,))))
    params, out = made(network)
    assert out.shape == (2, 36)
    assert params["key_observation"]["dense_0"]["kernel"].shape == (2, 16)
    assert params["key_place"]["dense_0"]["kernel"].shape == (4, 20)
    kernel = np.asarray(params["key_place"]["dense_0"]["kernel"])
    np.testing.assert_allclose(out[:, 16:], np.maximum(kernel[[3, 1]], 0.0), atol=1e-6)


def test_entries_left_out_are_not_looked_at():
    network = PerKey(keys=("place",), networks=(MLP(hidden=(5,)),))
    module = Applied(network, SPACE)
    params = module.init(jax.random.key(0), SHOWN)
    other = SHOWN | {"room": jnp.array([1, 1]), "observation": jnp.zeros((2, 2))}
    np.testing.assert_array_equal(module.apply(params, SHOWN), module.apply(params, other))


def test_tables_among_themselves_stay_sparse():
    out = features(PerKey(keys=("place", "room"), networks=(Table(), Table())), SPACE, SHOWN)
    assert isinstance(out, SparseFeatures)
    # The rooms' rows come after the four places'.
    assert out.indices.tolist() == [[3, 4], [1, 6]]
    assert out.size == 7


def test_tables_beside_others_become_zeros_and_ones():
    tiles = TileCoding(tilings=2, tiles=1)
    network = PerKey(
        keys=("place", "room", "observation"), networks=(Table(), MLP(hidden=()), tiles)
    )
    _, out = made(network)
    # Two tilings of 2 · 2 tiles each.
    assert out.shape == (2, 4 + 3 + 8)
    np.testing.assert_array_equal(out[:, :7], [[0, 0, 0, 1, 1, 0, 0], [0, 1, 0, 0, 0, 0, 1]])
    sparse = features(tiles, PLANE, SHOWN["observation"])
    for row, indices in zip(np.asarray(out[:, 7:]), sparse.indices.tolist(), strict=True):
        assert np.flatnonzero(row).tolist() == sorted(indices)


def test_keys_may_have_the_names_of_a_networks_own_parts():
    names = ("observation", "network", "memory", "head", "space", "name", "parent", "output")
    space = Composite(tuple((name, Discrete(2)) for name in names))
    spec = EnvSpec(id="Names", observation=space, num_actions=2)
    agent = Agent(network=PerKey(keys=names, networks=(MLP(hidden=(3,)),) * len(names)))
    shown = {name: jnp.array([0]) for name in names}
    params = agent.init_params(jax.random.key(0), spec, shown)
    assert {f"key_{name}" for name in names} <= set(params["params"])


def test_nested_observations_take_nested_networks():
    space = Composite((("in", SPACE), ("out", Discrete(2))))
    inner = PerKey(keys=("place", "room"), networks=(MLP(hidden=(3,)), MLP(hidden=(4,))))
    network = PerKey(keys=("in", "out"), networks=(inner, MLP(hidden=(5,))))
    shown = {"in": SHOWN, "out": jnp.array([0, 1])}
    module = Applied(network, space)
    params = module.init(jax.random.key(0), shown)
    assert module.apply(params, shown).shape == (2, 12)


class Described(mdp.Probe):
    """Shows its state's number, whether it is even, and noise."""

    def __init__(self, process):
        super().__init__(process)
        states = self.spec.observation.n
        noise = Box(shape=(3,), dtype="float32", low=-5.0, high=5.0)
        entries = (("half", Discrete(states)), ("odd", Discrete(2)), ("noise", noise))
        self.spec = EnvSpec(
            id="Described", observation=Composite(entries), num_actions=self.spec.num_actions
        )

    def reset(self, key):
        state, shown = super().reset(key)
        return state, self.described(shown, key)

    def step(self, state, action, key):
        moved = super().step(state, action, key)
        return moved._replace(observation=self.described(moved.observation, key))

    def described(self, state, key):
        noise = jax.random.uniform(key, (3,), minval=-5.0, maxval=5.0)
        return {"half": state // 2, "odd": state % 2, "noise": noise}


@pytest.mark.parametrize("first", [MLP(hidden=(16,)), Table()])
def test_it_learns_q_star_from_two_halves(first):
    """Either entry alone would not tell the states apart."""
    process = mdp.choices()
    agent = agent_for_probes(
        network=PerKey(keys=("half", "odd"), networks=(first, MLP(hidden=(16,)))),
        optimizer=optimizers.Adam(
            learning_rate=schedules.Exponential(start=0.01, rate=0.998, end=1e-4)
        ),
    )
    driver = CompiledDriver(agent, Vectorised(Described(process), agent.num_envs))
    state = driver.advance(driver.init([0]), 0, 2_500).agent.learner
    places = jnp.arange(2)
    shown = {"half": places // 2, "odd": places % 2, "noise": jnp.zeros((2, 3))}
    learned, _ = agent.values(agent.policy_params(state), state.spec, shown)
    true = mdp.value_iteration(process, DISCOUNT)[:2]
    np.testing.assert_allclose(learned, true, atol=0.05)


def test_a_key_that_is_not_there_is_refused_with_those_that_are():
    network = PerKey(keys=("plaice",), networks=(Table(),))
    with pytest.raises(UsageError, match=r"'plaice'.* are observation, place, room\."):
        made(network)


def test_an_observation_without_entries_is_refused():
    network = PerKey(keys=("place",), networks=(Table(),))
    with pytest.raises(UsageError, match=r"several entries, not Discrete\(4\)"):
        features(network, Discrete(4), SHOWN["place"])


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        ({}, r"PerKey\.keys is \(\)"),
        ({"keys": ("a", "a"), "networks": (MLP(), MLP())}, r"PerKey\.keys is \('a', 'a'\)"),
        ({"keys": ("a",), "networks": ()}, r"PerKey\.networks is \(\), but must be 1"),
        ({"keys": ("a",), "networks": (3,)}, r"PerKey\.networks is \(3,\)"),
        ({"keys": (1,), "networks": (MLP(),)}, r"PerKey\.keys is \(1,\)"),
    ],
)
def test_impossible_values_are_refused(parts, named):
    with pytest.raises(UsageError, match=named):
        PerKey(**parts)
