"""What the named agents are named for."""

import dataclasses

import jax
import numpy as np
import pytest

import qlax
from qlax import bootstraps, heads, presets, targets
from qlax.drivers import CompiledDriver
from qlax.envs.vectorised import Vectorised
from qlax.envs.worlds.bsuite import DeepSea
from qlax.networks import CNN, ImpalaCNN, Table, TileCoding
from qlax.replay import Latest, Rollout
from tests.probes import mdp, playing
from tests.probes.pictured import Pictured, learned_from_pictures
from tests.probes.recall import Recall
from tests.probes.training import agent_for_probes, learned_q_values, trained

PROBE = mdp.Probe(mdp.choices())
PICTURES = Pictured(mdp.choices(), rows=5, columns=5)


def sees_numbers(agent):
    """Return whether the agent's network is for states that are numbered or tiled."""
    return isinstance(agent.network, Table | TileCoding)


def sees_pictures(agent):
    """Return whether the agent's network is for images."""
    return isinstance(agent.network, CNN | ImpalaCNN)


def dynamics_for(agent):
    """Return a small environment that the agent can read."""
    if sees_pictures(agent):
        return PICTURES
    tiled = isinstance(agent.network, TileCoding) or agent.network == Table(bins=(20, 20))
    return Recall() if tiled or not sees_numbers(agent) else PROBE


@pytest.mark.parametrize("name", presets.AGENTS)
def test_every_agent_acts_and_learns_somewhere(name):
    """Traced, not run: shapes and types of a whole iteration agree with one another."""
    agent = presets.AGENTS[name]().for_run(1_000)
    driver = CompiledDriver(agent, Vectorised(dynamics_for(agent), agent.num_envs))
    state = driver.shape(0)
    after = jax.eval_shape(lambda state: playing.learn(agent, state)[0], state.agent)
    assert jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), after) == jax.tree.map(
        lambda leaf: (leaf.shape, leaf.dtype), state.agent
    )


def stored_rows(agent):
    """Return the steps of each environment that there is room for, one more than are kept."""
    driver = CompiledDriver(agent, Vectorised(Recall(), agent.num_envs))
    kept = driver.shape(0).agent.replay
    return getattr(kept, "stream", kept).reward.shape[0]


def test_streaming_keeps_one_step_and_no_target_network():
    agent = presets.stream_q()
    assert isinstance(agent.replay, Latest)
    # A step, what followed, and the action after that.
    assert stored_rows(agent) == 3
    assert agent.target == targets.Online()
    assert (agent.num_envs, agent.update_every, agent.updates) == (1, 1, 1)


@pytest.mark.parametrize("make", [presets.pqn, presets.pqn_lstm])
def test_pqn_keeps_one_rollout_and_no_target_network(make):
    agent = make()
    assert isinstance(agent.replay, Rollout)
    assert agent.update_every == agent.replay.length
    assert stored_rows(agent) <= agent.replay.length + 2
    assert agent.target == targets.Online()


def test_implicit_quantiles_have_the_means_of_fixed_ones():
    """Both learn the whole law of a policy that acts at random, so returns are random too."""
    process = mdp.begun_anywhere(mdp.choices())
    levels = {"kappa": 0.1, "quantiles": 32}
    means = [
        learned_q_values(agent, trained(agent, process, 3_000), process)
        for agent in (
            agent_for_probes(
                network=qlax.networks.MLP(hidden=(32,)),
                head=head,
                bootstrap=bootstraps.ExpectedSarsa(),
                optimizer=qlax.optimizers.Adam(
                    learning_rate=qlax.schedules.Exponential(start=0.01, rate=0.9985, end=1e-4)
                ),
            )
            for head in (heads.QuantileRegression(**levels), heads.IQN(**levels, embedding=8))
        )
    ]
    seen = mdp.visited(process)
    assert np.ptp(means[0][seen]) > 0.3
    np.testing.assert_allclose(means[0][seen], means[1][seen], atol=0.05)


@pytest.mark.parametrize(
    "name", [name for name, make in presets.AGENTS.items() if sees_pictures(make())]
)
def test_an_agent_for_pictures_says_so_where_there_are_none(name):
    agent = presets.AGENTS[name]()
    with pytest.raises(qlax.UsageError, match="reads images of shape"):
        CompiledDriver(agent, Vectorised(Recall(), agent.num_envs)).shape(0)


@pytest.mark.exhaustive
def test_btr_in_small_finds_the_best_actions_from_pictures():
    process = mdp.begun_anywhere(mdp.choices())
    btr = presets.btr()
    agent = btr.replace(
        network=dataclasses.replace(btr.network, channels=(4,), width=1),
        head=dataclasses.replace(
            btr.head, stream=dataclasses.replace(btr.head.stream, hidden=16), embedding=8
        ),
        explorer=qlax.explorers.EpsilonGreedy(epsilon=0.5),
        replay=dataclasses.replace(btr.replay, capacity=4_096, batch_size=16, n_step=1),
        optimizer=dataclasses.replace(btr.optimizer, learning_rate=3e-3),
        target=targets.Periodic(period=50),
        num_envs=8,
        learning_starts=256,
        discount=0.8,
    )
    learned = learned_from_pictures(agent, Pictured(process), 500)
    seen = mdp.visited(process)
    best = mdp.value_iteration(process, 0.8)[seen].argmax(-1)
    assert (learned[seen].argmax(-1) == best).all()


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", [0, 1])
def test_bootstrapped_dqn_dives_deep(seed, tmp_path):
    """One sequence of ten actions is rewarded, and every step along it costs something."""
    made = presets.bootstrapped_dqn()
    agent = made.replace(
        head=dataclasses.replace(made.head, members=5, hidden=(32,)),
        observation=qlax.observations.Raw(),
        replay=dataclasses.replace(made.replay, batch_size=32),
        target=targets.Periodic(period=4),
        optimizer=qlax.optimizers.Adam(learning_rate=1e-3),
        learning_starts=200,
        policy="online",
    )
    run = qlax.train(
        DeepSea(size=10), agent, steps=10_000, seed=seed, eval_episodes=1, out=tmp_path / "run"
    )
    assert run.result["eval"]["mean"] == pytest.approx(0.99)
