"""However a run is cut up, and wherever its environment lives, it is the same run."""

import jax
import numpy as np
import pytest

from qlax import bootstraps, explorers, heads, layers, memories, networks, replay, targets
from tests.drivers.runs import advanced, agent, assert_equal, compiled, hosted
from tests.replay.history import drawn
from tests.tiers import in_turn

AGENTS = {
    "uniform": agent(),
    "latest": agent(
        num_envs=2,
        replay=replay.Latest(n_step=2),
        target=targets.Online(),
        explorer=explorers.GaussianNoise(scale=0.5),
        update_every=1,
        updates=1,
    ),
    "memory": agent(
        num_envs=2,
        memory=memories.LSTM(size=4),
        replay=replay.Sequences(capacity=60, batch_size=4, length=4, burn_in=2),
    ),
    "told": agent(
        num_envs=2,
        memory=memories.PreviousActionAndReward(memory=memories.GRU(size=4)),
        replay=replay.Sequences(capacity=60, batch_size=4, length=4, burn_in=2),
    ),
    "ensemble": agent(
        num_envs=2,
        head=heads.Ensemble(members=3, prior_scale=1.0, mask_probability=0.5),
        explorer=explorers.FollowMember(),
    ),
    "noisy": agent(
        num_envs=2,
        network=networks.MLP(hidden=(8,), layer=layers.Noisy()),
        explorer=explorers.UpperConfidence(scale=0.1),
        bootstrap=bootstraps.Sarsa(),
    ),
    "retrace": agent(
        num_envs=4,
        explorer=explorers.Boltzmann(temperature=0.5),
        replay=replay.Rollout(
            length=3, minibatches=2, lambda_return=replay.LambdaReturn(kind="retrace", decay=0.9)
        ),
        update_every=3,
    ),
    "dueling": agent(
        num_envs=1,
        head=heads.Scalar(stream=heads.Dueling(hidden=4)),
        target=targets.Periodic(period=3),
        update_every=3,
    ),
}


@pytest.fixture(params=in_turn(list(AGENTS), 4), name="made")
def _made(request):
    return AGENTS[request.param]


def test_many_stretches_are_one_bit_for_bit(made):
    driver = compiled(made)
    whole, parts = advanced(driver, [40]), advanced(driver, [1, 2, 7, 7, 30, 40])
    assert_equal(whole.replace(statistics=None), parts.replace(statistics=None))
    assert int(whole.agent.learner.updates) > 0
    assert int(whole.agent.actor.clock.env_steps) == 40 * made.num_envs


def test_the_host_takes_the_same_steps_as_the_compiled_loop(made):
    ours, theirs = advanced(compiled(made), [3, 20, 40]), advanced(hosted(made), [3, 20, 40])
    assert_equal(ours.agent, theirs.agent, atol=1e-6)
    assert_equal(ours.timestep, theirs.timestep, atol=1e-6)
    assert_equal(ours.statistics, theirs.statistics, atol=1e-5)


def test_stretches_may_be_cut_elsewhere_on_the_host(made):
    ours, theirs = advanced(compiled(made), [40]), advanced(hosted(made), [1, 5, 6, 39, 40])
    assert_equal(ours.agent, theirs.agent, atol=1e-6)


def test_an_empty_stretch_changes_nothing():
    driver = compiled(agent())
    before, after = advanced(driver, [20]), advanced(driver, [20, 20])
    assert_equal(before.agent, after.agent)
    assert_equal(before.statistics, after.statistics)


def test_another_seed_is_another_run():
    driver = compiled(agent())
    ours, theirs = advanced(driver, [10], seeds=[0]), advanced(driver, [10], seeds=[1])
    with pytest.raises(AssertionError):
        assert_equal(ours.agent, theirs.agent)


@pytest.mark.parametrize("seed", [0, 7, 2**31 + 5, 2**32 - 1])
def test_both_drivers_begin_alike_from_any_seed(seed):
    ours, theirs = compiled(agent()).init([seed]), hosted(agent()).init([seed])
    assert_equal(ours.agent, theirs.agent)
    assert_equal(ours.timestep, theirs.timestep)


def test_seeds_side_by_side_are_a_loop_over_seeds():
    """To rounding, not bitwise: mapped over, matrix products are added up in another order."""
    seeds = [3, 1, 4]
    together = advanced(compiled(agent(), side_by_side=True), [10, 30], seeds=seeds)
    single = compiled(agent())
    for index, seed in enumerate(seeds):
        alone = advanced(single, [10, 30], seeds=[seed])
        own = jax.tree.map(lambda leaf, i=index: leaf[i], together)
        assert_equal(own, alone, atol=1e-5, rtol=1e-4)


def test_shapes_are_known_before_anything_runs():
    for driver in (compiled(agent()), hosted(agent())):
        state, shape = driver.init([0]), driver.shape(0)
        assert jax.tree.structure(state) == jax.tree.structure(shape)
        for leaf, expected in zip(jax.tree.leaves(state), jax.tree.leaves(shape), strict=True):
            assert (leaf.shape, leaf.dtype) == (expected.shape, expected.dtype)


def test_split_seeds_can_be_joined_again_and_go_on():
    driver = compiled(agent(), side_by_side=True)
    whole = advanced(driver, [10, 20], seeds=[0, 1, 2])
    half = advanced(driver, [10], seeds=[0, 1, 2])
    assert_equal(driver.advance(driver.join(driver.split(half)), 10, 20), whole)


def test_a_resumed_host_run_learns_nothing_across_the_gap():
    made = agent(
        num_envs=2, replay=replay.Uniform(capacity=60, batch_size=60, n_step=3), learning_starts=60
    )
    driver = hosted(made)
    state = advanced(driver, [7])
    before = np.asarray(state.timestep.observation)
    terminated = np.asarray(state.timestep.terminated)
    state = driver.advance(driver.join([state]), 7, 12)
    batch = drawn(made.replay, state.agent.replay, jax.random.key(0), state.agent.learner.discount)
    rows, envs = np.asarray(batch.source).T
    last = rows == 6
    assert last.any()
    # The last step before the gap bootstraps from what was seen then, one step on.
    np.testing.assert_array_equal(np.asarray(batch.next.observation)[last], before[envs[last]])
    discounts = np.where(terminated[envs[last]], 0.0, made.discount)
    np.testing.assert_allclose(np.asarray(batch.discount)[last], discounts, rtol=1e-6)
    assert (np.asarray(batch.weight)[rows == 7] == 0).all()
