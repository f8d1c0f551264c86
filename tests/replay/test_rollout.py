"""No replay, many environments: what is kept, and how it is cut into minibatches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax import Agent, UsageError, bootstraps, explorers, optimizers, schedules
from qlax.replay import LambdaReturn, Rollout
from tests.probes import mdp
from tests.probes.training import agent_for_probes, assert_learns_q_star
from tests.replay.compiled import add, grown, sample, update_priorities
from tests.replay.history import step

GAMMA = jnp.float32(0.5)


def one_pass(replay, state, seed, *, next_action=False):
    """Return the minibatches of a pass, and the rollout after it."""
    batches = []
    for part in range(replay.minibatches):
        key = jax.random.key(100 * seed + part)
        batch, state = sample(replay, state, key, GAMMA, next_action=next_action)
        batches.append(batch)
    return batches, state


def environments(batches):
    """Return which environments each minibatch is of, [minibatches, environments of each]."""
    return np.stack([np.asarray(batch.source[:, 1]) for batch in batches])


@pytest.mark.parametrize("added", [3, 4, 5, 6, 11])
def test_a_minibatch_is_the_newest_steps_of_its_environments(added):
    replay = Rollout(length=3, minibatches=2)
    state = grown(replay, [step(number, num_envs=4) for number in range(added)], num_envs=4)
    for batch in one_pass(replay, state, 0)[0]:
        begun = np.asarray(batch.source[:, 1]) * 1000.0 + added - 3
        shown = begun + np.arange(4)[:, None]
        np.testing.assert_array_equal(batch.seen.observation, shown)
        np.testing.assert_array_equal(batch.reward, 10.0 * shown[:-1])
        np.testing.assert_array_equal(batch.taken[:, 0], np.arange(added - 3, added))
        np.testing.assert_array_equal(batch.discount, np.full((3, 2), 0.5))
        np.testing.assert_array_equal(batch.weights, np.ones((3, 2)))


@pytest.mark.parametrize("added", [4, 5, 6, 11])
def test_with_next_actions_a_minibatch_is_one_step_older(added):
    replay = Rollout(length=3, minibatches=1)
    state = grown(replay, [step(number, num_envs=2) for number in range(added)], num_envs=2)
    ((batch,), _) = one_pass(replay, state, 0, next_action=True)
    np.testing.assert_array_equal(batch.taken[:, 0], np.arange(added - 4, added - 1))
    np.testing.assert_array_equal(batch.taken_next[:, 0], np.arange(added - 3, added))


def test_no_more_is_kept_than_a_rollout_and_the_action_after_it():
    replay = Rollout(length=3, minibatches=1)
    state = grown(replay, [step(number, num_envs=2) for number in range(20)], num_envs=2)
    for ring in jax.tree.leaves((state.stream.seen, state.stream.action, state.stream.reward)):
        assert ring.shape == (5, 2)


def test_every_environment_is_in_exactly_one_minibatch_of_a_pass():
    replay = Rollout(length=2, minibatches=4)
    state = grown(replay, [step(number, num_envs=12) for number in range(2)], num_envs=12)
    orders = []
    for seed in range(6):
        batches, state = one_pass(replay, state, seed)
        parts = environments(batches)
        assert parts.shape == (4, 3)
        assert sorted(parts.ravel()) == list(range(12))
        orders.append(tuple(parts.ravel()))
    assert len(set(orders)) == 6  # each pass has an order of its own


def test_each_environment_is_as_likely_to_come_first():
    replay = Rollout(length=1, minibatches=4)
    state = grown(replay, [step(0, num_envs=4)], num_envs=4)
    firsts = [
        environments([sample(replay, state, key, GAMMA)[0]])[0][0]
        for key in jax.random.split(jax.random.key(0), 400)
    ]
    # 100 of 400 each, with a standard deviation of √(400 · 3/16) = 8.7
    assert np.abs(np.bincount(firsts, minlength=4) - 100).max() < 40


def test_a_new_step_begins_a_new_pass():
    replay = Rollout(length=2, minibatches=3)
    state = grown(replay, [step(number, num_envs=6) for number in range(2)], num_envs=6)
    _, state = sample(replay, state, jax.random.key(0), GAMMA)
    assert int(state.drawn) == 1
    state = add(replay, state, step(2, num_envs=6))
    parts = environments(one_pass(replay, state, 0)[0])
    assert sorted(parts.ravel()) == list(range(6))


def test_of_first_steps_only_the_loss_is_the_mean():
    """Weights are as large as the steps left out are many: the mean over all is that of them."""
    replay = Rollout(length=4, minibatches=1, n_step=4, first_only=True)
    steps = [step(number, num_envs=3) for number in range(4)]
    ((batch,), _) = one_pass(replay, grown(replay, steps, num_envs=3), 0)
    np.testing.assert_array_equal(batch.weights, [[4] * 3, [0] * 3, [0] * 3, [0] * 3])
    losses = jnp.arange(12.0)  # by time, then environment
    assert float((batch.weight * losses).mean()) == pytest.approx((0 + 1 + 2) / 3)
    # 0 + ½ · 10 + ¼ · 20 + ⅛ · 30 = 13.75, and 10000 (1 + ½ + ¼ + ⅛) more in the next one
    rewards = dict(
        zip(np.asarray(batch.source[:, 1]).tolist(), batch.reward[0].tolist(), strict=True)
    )
    assert rewards == {0: 13.75, 1: 18_763.75, 2: 37_513.75}
    np.testing.assert_array_equal(batch.discount[0], [0.0625] * 3)


def test_returns_end_with_their_episode():
    replay = Rollout(length=4, minibatches=1, n_step=2)
    steps = [
        step(0, num_envs=2, first=True),
        step(1, num_envs=2, terminated=[True, False], truncated=[False, True]),
        step(2, num_envs=2, valid=False),
        step(3, num_envs=2, first=True),
    ]
    ((batch,), _) = one_pass(replay, grown(replay, steps, num_envs=2), 0)
    ended = np.asarray(batch.source[:, 1]).tolist().index(0)
    cut = 1 - ended
    assert batch.discount[:, ended].tolist() == [0.0, 0.0, 0.25, 0.5]
    assert batch.discount[:, cut].tolist() == [0.25, 0.5, 0.25, 0.5]
    assert batch.weights[:, ended].tolist() == batch.weights[:, cut].tolist() == [1, 1, 0, 1]
    assert batch.first[:, ended].tolist() == [True, False, False, True, False]
    assert batch.ahead[:, cut].tolist() == [2, 1, 2, 1]


def test_interrupting_cuts_the_newest_step():
    replay = Rollout(length=3, minibatches=1)
    state = replay.interrupt(grown(replay, [step(0), step(1)]))
    state = add(replay, state, step(2, valid=False))
    ((batch,), _) = one_pass(replay, state, 0)
    assert batch.continues[:, 0].tolist() == [True, False, False]
    assert batch.weights[:, 0].tolist() == [1, 1, 0]


def test_learning_changes_nothing():
    replay = Rollout(length=2, minibatches=1)
    state = grown(replay, [step(0), step(1)])
    batch, state = sample(replay, state, jax.random.key(0), GAMMA)
    after = update_priorities(replay, state, batch, jnp.ones(2))
    jax.tree.map(np.testing.assert_array_equal, after, state)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"num_envs": 6}, "does not divide the 6"),
        ({"update_every": 9}, "would never be learned from"),
        ({"learning_starts": 31}, "complete after 32 steps"),
        ({"learning_starts": 35, "bootstrap": bootstraps.Sarsa()}, "complete after 36 steps"),
    ],
)
def test_what_does_not_go_with_the_agent_is_refused(parts, message):
    known = {
        "replay": Rollout(length=8, minibatches=4),
        "num_envs": 4,
        "update_every": 8,
        "learning_starts": 36,
    }
    Agent(**known)
    with pytest.raises(UsageError, match=message):
        Agent(**{**known, **parts})


FORCED = mdp.side_by_side(list(mdp.FORCED.values()), 4)


@pytest.mark.parametrize("kind", ["peng", "retrace"])
def test_an_agent_that_forgets_learns_q_star(kind):
    """A pass over every rollout of eight steps, in four minibatches."""
    agent = agent_for_probes(
        replay=Rollout(length=8, minibatches=4, lambda_return=LambdaReturn(kind=kind, decay=0.8)),
        explorer=explorers.EpsilonGreedy(epsilon=1.0),
        update_every=8,
        updates=4,
        learning_starts=128,
        optimizer=optimizers.SGD(
            learning_rate=schedules.Exponential(start=6.0, rate=0.997, end=0.1)
        ),
    )
    assert_learns_q_star(agent, FORCED, 4_000)
