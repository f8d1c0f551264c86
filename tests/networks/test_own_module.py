"""A user's own Flax module as the network."""

import jax
import jax.numpy as jnp
import pytest
from flax import linen as nn

from qlax import Agent, UsageError, config, optimizers, schedules
from qlax.q_network import QNetwork
from tests.probes import mdp
from tests.probes.training import agent_for_probes, assert_learns_q_star


class Torso(nn.Module):
    """Knows nothing of qlax."""

    width: int = 32

    @nn.compact
    def __call__(self, x):
        return nn.tanh(nn.Dense(self.width)(nn.LayerNorm()(x)))


def test_it_learns_as_the_networks_of_qlax_do():
    agent = agent_for_probes(
        network=Torso(),
        optimizer=optimizers.Adam(
            learning_rate=schedules.Exponential(start=0.01, rate=0.998, end=1e-4)
        ),
    )
    assert_learns_q_star(agent, mdp.choices(), 2_000)


def test_it_is_given_dense_observations():
    agent = Agent(network=Torso(width=3))
    spec = mdp.Probe(mdp.choices()).spec
    params = agent.init_params(jax.random.key(0), spec, jnp.array([0, 1]))
    kernel = params["params"]["network"]["Dense_0"]["kernel"]
    assert kernel.shape == (3, 3)  # three states, one-hot
    network = QNetwork(
        observation=agent.observation,
        network=agent.network,
        memory=None,
        head=agent.head,
        space=spec.observation,
        num_actions=2,
    )
    prediction, memory = network.apply(params, (), jnp.array([0, 1]))
    assert prediction.shape == (2, 2)
    assert memory is None


def test_it_can_be_written_down_but_not_read_back():
    agent = Agent(network=Torso(width=3))
    assert "Torso(width=3)" in repr(agent)
    with pytest.raises(UsageError, match=r"Torso.*agent="):
        config.from_json(config.to_json(agent))
