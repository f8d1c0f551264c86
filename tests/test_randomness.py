"""Streams of random numbers: parts say what they draw, and nobody else need know."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from qlax import Agent, explorers, heads, layers, memories, networks, observations, replay
from qlax.drivers.core import nothing_seen
from qlax.q_network import Evaluator
from qlax.randomness import RandomStream, keys_for, streams_of
from qlax.spaces import Box, EnvSpec

SPACE = Box(shape=(2,), dtype="float32", low=-1.0, high=1.0)
SPEC = EnvSpec(id="Any", observation=SPACE, num_actions=3)
NOISY = {RandomStream("noise", "learning"), RandomStream("own_noise", "acting")}


class Dropped(nn.Module):
    """A network of a user's own that drops features while learning."""

    random_streams = (RandomStream("dropout", "learning"),)
    width: int = 64

    @nn.compact
    def __call__(self, x):
        drop = nn.Dropout(0.5, deterministic=not self.has_rng("dropout"))
        return drop(nn.relu(nn.Dense(self.width)(x)))


@pytest.mark.parametrize(
    ("part", "streams"),
    [
        (networks.MLP(), set()),
        (networks.MLP(layer=layers.Noisy()), NOISY),
        (heads.Scalar(stream=heads.Dueling(layer=layers.Noisy())), NOISY),
        (heads.IQN(), {RandomStream("quantiles", "learning")}),
        (
            networks.PerKey(keys=("a", "b"), networks=(networks.MLP(), Dropped())),
            {RandomStream("dropout", "learning")},
        ),
        (None, set()),
        (memories.LSTM(), set()),
    ],
)
def test_a_part_has_the_streams_of_all_parts_inside(part, streams):
    assert streams_of(part) == streams


def test_every_stream_of_a_phase_has_a_key_of_its_own():
    streams = frozenset({*NOISY, RandomStream("quantiles", "learning")})
    learning = keys_for("learning", streams, jax.random.key(0))
    assert sorted(learning) == ["noise", "quantiles"]
    assert learning["noise"] != learning["quantiles"]
    assert list(keys_for("acting", streams, jax.random.key(0))) == ["own_noise"]
    again = keys_for("learning", frozenset(NOISY), jax.random.key(0))
    assert again["noise"] == learning["noise"]


def test_a_network_of_ones_own_draws_while_learning_and_at_no_other_time():
    agent = Agent(network=Dropped(), observation=observations.Raw())
    shown = jnp.array([[0.3, -0.8]])
    network = agent.q_network(SPEC)
    params = agent.init_params(jax.random.key(0), SPEC, shown)

    def values(phase, seed):
        random = network.keys_for(phase, jax.random.key(seed))
        return np.asarray(Evaluator(network, params, (), random)(shown))

    assert np.abs(values("learning", 0) - values("learning", 1)).max() > 1e-3
    np.testing.assert_array_equal(values("acting", 0), values("acting", 1))
    timestep = nothing_seen(SPEC, agent.num_envs)
    state = agent.init(jax.random.key(0), SPEC, timestep)
    _, _, metrics = agent.learn(state.learner, state.replay, state.actor.clock)
    assert np.isfinite(metrics["loss"])


@dataclass(frozen=True, kw_only=True)
class MostSpread(explorers.Greedy):
    """Takes the action whose quantiles lie farthest apart."""

    def act(self, state, key, situation):
        spread = situation.head.rescaling.inverse(situation.prediction).std(-1)
        return spread.argmax(-1).astype(jnp.int32), state


def test_an_explorer_sees_the_whole_prediction():
    agent = Agent(
        head=heads.QuantileRegression(quantiles=5),
        explorer=MostSpread(),
        observation=observations.Raw(),
        replay=replay.Uniform(capacity=50),
        num_envs=4,
    )
    timestep = nothing_seen(SPEC, 4).replace(
        observation=jax.random.normal(jax.random.key(1), (4, 2))
    )
    state = agent.init(jax.random.key(0), SPEC, timestep)
    params = agent.acting_params(state.learner)
    action, _ = agent.act(state.actor, params, timestep)
    quantiles, _ = agent.predict(params, SPEC, timestep.observation)
    assert quantiles.shape == (4, 3, 5)
    np.testing.assert_array_equal(action, quantiles.std(-1).argmax(-1))
