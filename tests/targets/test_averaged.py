"""A target inside, and an average for the finished policy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax import UsageError, replay
from qlax.drivers import CompiledDriver
from qlax.envs.vectorised import Vectorised
from qlax.targets import Averaged, Exchange, Online, Periodic, Polyak
from tests.probes import mdp
from tests.probes.training import agent_for_probes, assert_learns_q_star, trained

WORLD = mdp.side_by_side([mdp.choices(), mdp.corridor()], time_limit=4)
MANY = replay.Sequences(batch_size=8, length=4)


def test_the_average_moves_a_share_of_the_way_and_the_copy_stays():
    target = Averaged(target=Periodic(period=2), tau=0.25)
    state = target.init({"w": jnp.array([0.0, 8.0])})
    online = {"w": jnp.array([4.0, 0.0])}
    _, state = target.update(state, online, jnp.int32(1))
    # 0 + ¼ · 4 = 1; 8 + ¼ · (0 − 8) = 6
    np.testing.assert_allclose(target.finished_params(state)["w"], [1.0, 6.0])
    np.testing.assert_array_equal(target.params(state, online)["w"], [0.0, 8.0])
    _, state = target.update(state, online, jnp.int32(2))
    # 1 + ¼ · 3 = 1.75; 6 − 1.5 = 4.5
    np.testing.assert_allclose(target.finished_params(state)["w"], [1.75, 4.5])
    np.testing.assert_array_equal(target.params(state, online)["w"], [4.0, 0.0])
    np.testing.assert_array_equal(target.acting_params(state, online)["w"], [4.0, 0.0])


@pytest.mark.parametrize("inside", [Periodic(period=7), Polyak(tau=0.1), Online()])
def test_learning_is_as_with_the_target_inside(inside):
    plain = trained(agent_for_probes(target=inside), WORLD, 200)
    averaged = trained(agent_for_probes(target=Averaged(target=inside, tau=0.01)), WORLD, 200)
    ours, theirs = averaged.agent.learner, plain.agent.learner
    jax.tree.map(np.testing.assert_array_equal, ours.params, theirs.params)
    jax.tree.map(np.testing.assert_array_equal, ours.target.inside, theirs.target)


def test_the_finished_policy_has_the_average_where_it_is_to_have_the_target():
    tau = 0.25
    target = Averaged(target=Periodic(period=3), tau=tau)
    online = agent_for_probes(target=target, learning_starts=16)
    driver = CompiledDriver(online, Vectorised(mdp.Probe(WORLD), online.num_envs))
    state = driver.init([0])
    expected = jax.tree.map(np.array, state.agent.learner.params)
    for iteration in range(20):
        state = driver.advance(state, iteration, iteration + 1)
        newest = jax.tree.map(np.array, state.agent.learner.params)
        expected = jax.tree.map(lambda old, new: old + tau * (new - old), expected, newest)
    assert int(state.agent.learner.updates) == 20

    def finished(agent):
        return jax.tree.map(np.asarray, agent.policy_params(state.agent.learner).network)

    jax.tree.map(np.testing.assert_array_equal, finished(online), newest)
    jax.tree.map(
        lambda found, true: np.testing.assert_allclose(found, true, atol=1e-6),
        finished(online.replace(policy="target")),
        expected,
    )
    assert any(
        np.abs(one - other).max() > 0.01
        for one, other in zip(jax.tree.leaves(newest), jax.tree.leaves(expected), strict=True)
    )


@pytest.mark.parametrize("memory", [replay.Uniform(batch_size=32), replay.Prioritised(), MANY])
def test_the_average_of_what_is_learned_is_the_truth(memory):
    target = Averaged(target=Periodic(period=10), tau=0.02)
    agent = agent_for_probes(target=target, policy="target", replay=memory)
    assert_learns_q_star(agent, WORLD, 1_500)


@pytest.mark.parametrize("inside", [Exchange(), Averaged()])
def test_what_acts_by_an_average_is_not_averaged_again(inside):
    with pytest.raises(UsageError, match=r"Periodic, Polyak or Online, not (Exchange|Averaged)\("):
        Averaged(target=inside)
