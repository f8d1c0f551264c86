"""ε-greedy exploration and its repeats."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from qlax.explorers import Clock, EpsilonGreedy, OneStep, Uniform, Zeta
from qlax.maths.counting import Count
from qlax.schedules import Linear
from tests.explorers.acting import SPEC, situation

N, ACTIONS = 1_000, 4
GREEDY_ACTION = 2
Q_VALUES = jnp.zeros((N, ACTIONS)).at[:, GREEDY_ACTION].set(1.0)
LATER = jnp.zeros(N, bool)


def clock(env_steps=0, episodes=0, num_envs=N):
    return Clock(Count.of(env_steps), jnp.full(num_envs, episodes, jnp.int32))


def at_clock(now, **known):
    """Return the situation of all environments at some time."""
    return situation(Q_VALUES, clock=now, **known)


def acted(explorer, *, steps=1, seed=0, first=LATER, at=None, legal=None):
    """Return actions, shape [steps, N]."""
    state = explorer.init(N, SPEC)
    act = jax.jit(explorer.act)
    taken = []
    for key in jax.random.split(jax.random.key(seed), steps):
        action, state = act(state, key, at_clock(at or clock(), first=first, legal=legal))
        taken.append(np.asarray(action))
    return np.stack(taken)


def test_without_epsilon_it_is_greedy():
    actions = acted(EpsilonGreedy(epsilon=0.0), steps=5)
    assert (actions == GREEDY_ACTION).all()
    assert actions.dtype == np.int32


def test_with_epsilon_one_all_actions_are_equally_likely():
    counts = np.bincount(acted(EpsilonGreedy(epsilon=1.0), steps=10).ravel(), minlength=ACTIONS)
    assert scipy.stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("epsilon", [0.1, 0.5])
def test_a_fraction_of_actions_is_random(epsilon):
    actions = acted(EpsilonGreedy(epsilon=epsilon), steps=20)
    # A random action is the greedy one in one of four draws.
    expected = epsilon * (ACTIONS - 1) / ACTIONS
    deviation = (expected * (1 - expected) / actions.size) ** 0.5
    assert abs((actions != GREEDY_ACTION).mean() - expected) < 5 * deviation


def test_every_environment_draws_for_itself():
    """One draw for all would make whole rows explore or not: a variance N times too large."""
    actions = acted(EpsilonGreedy(epsilon=0.5), steps=200)
    explored = (actions != GREEDY_ACTION).mean(-1)
    binomial = 0.375 * 0.625 / N
    assert 0.6 * binomial < explored.var() < 1.6 * binomial
    neighbours = np.corrcoef((actions != GREEDY_ACTION)[:, :10].T)
    assert np.abs(neighbours - np.eye(10)).max() < 0.4


def test_environments_take_different_random_actions_in_one_step():
    (actions,) = acted(EpsilonGreedy(epsilon=1.0))
    assert set(actions.tolist()) == set(range(ACTIONS))


def test_a_random_step_lasts_one_step_unless_told_otherwise():
    actions = acted(EpsilonGreedy(epsilon=1.0, duration=OneStep()), steps=2)
    # Independent draws agree in one of four cases.
    assert (actions[0] == actions[1]).mean() == pytest.approx(0.25, abs=0.07)


@pytest.mark.parametrize("duration", [1, 2, 5])
def test_a_repeat_lasts_exactly_its_duration(duration):
    law = Uniform(low=duration, high=duration)
    actions = acted(EpsilonGreedy(epsilon=1.0, duration=law), steps=3 * duration)
    blocks = actions.reshape(3, duration, N)
    assert (blocks == blocks[:, :1]).all()
    # The next block is drawn anew.
    assert (blocks[0, 0] == blocks[1, 0]).mean() == pytest.approx(0.25, abs=0.07)


def test_a_repeat_is_not_broken_when_epsilon_falls_to_zero():
    explorer = EpsilonGreedy(
        epsilon=Linear(start=1.0, end=0.0, steps=1), duration=Uniform(low=3, high=3)
    )
    state = explorer.init(N, SPEC)
    keys = jax.random.split(jax.random.key(0), 4)
    begun, state = explorer.act(state, keys[0], at_clock(clock(0)))
    second, state = explorer.act(state, keys[1], at_clock(clock(1)))
    third, state = explorer.act(state, keys[2], at_clock(clock(2)))
    over, _ = explorer.act(state, keys[3], at_clock(clock(3)))
    np.testing.assert_array_equal(second, begun)
    np.testing.assert_array_equal(third, begun)
    assert (np.asarray(over) == GREEDY_ACTION).all()


def test_a_repeat_ends_at_the_first_step_of_an_episode():
    explorer = EpsilonGreedy(
        epsilon=Linear(start=1.0, end=0.0, steps=1), duration=Uniform(low=50, high=50)
    )
    begun, state = explorer.act(explorer.init(N, SPEC), jax.random.key(0), at_clock(clock(0)))
    half = jnp.arange(N) % 2 == 0
    after, _ = explorer.act(state, jax.random.key(1), at_clock(clock(1), first=half))
    np.testing.assert_array_equal(np.asarray(after)[1::2], np.asarray(begun)[1::2])
    assert (np.asarray(after)[::2] == GREEDY_ACTION).all()


def test_run_lengths_follow_the_law_of_durations():
    """With ε = 1 a run of equal actions is one repeat, or several that agree by chance."""
    law = Zeta(exponent=2.0, longest=3)
    wide = 1_000  # actions so many that repeats hardly ever agree
    explorer = EpsilonGreedy(epsilon=1.0, duration=law)
    state = explorer.init(100, SPEC)
    act = jax.jit(explorer.act)
    taken = []
    for key in jax.random.split(jax.random.key(3), 150):
        action, state = act(state, key, situation(jnp.zeros((100, wide))))
        taken.append(np.asarray(action))
    lengths = [
        len(list(group)) for column in np.stack(taken).T for _, group in itertools.groupby(column)
    ]
    counts = np.bincount(lengths, minlength=4)[1:4]
    expected = np.array([1, 1 / 4, 1 / 9])
    np.testing.assert_allclose(counts / counts.sum(), expected / expected.sum(), atol=0.02)


def test_epsilon_follows_environment_steps():
    explorer = EpsilonGreedy(epsilon=Linear(start=1.0, end=0.0, steps=100))
    assert float(explorer.metrics(clock(25))["epsilon"]) == pytest.approx(0.75)
    explored = (acted(explorer, steps=20, at=clock(60)) != GREEDY_ACTION).mean()
    assert explored == pytest.approx(0.4 * 0.75, abs=0.02)
    assert (acted(explorer, steps=3, at=clock(100)) == GREEDY_ACTION).all()


def test_an_epsilon_of_ones_own_is_called_with_the_steps():
    explorer = EpsilonGreedy(epsilon=lambda step: 1.0 / (1.0 + step))
    assert float(explorer.metrics(clock(3))["epsilon"]) == pytest.approx(0.25)


def test_the_spread_of_epsilon_by_hand():
    """ε^(1 + α i / (N − 1)): Ape-X's ε = 0.4 and α = 7 for four environments."""
    expected = [0.4, 0.4 ** (1 + 7 / 3), 0.4 ** (1 + 14 / 3), 0.4**8]
    explorer = EpsilonGreedy(epsilon=0.4, spread=7.0)
    found = explorer.metrics(clock(num_envs=4))["epsilon"]
    assert float(found) == pytest.approx(sum(expected) / 4, rel=1e-5)
    draws = 100_000
    q_values = jnp.tile(Q_VALUES[:1], (4, 1))

    def act(key):
        return explorer.act(explorer.init(4, SPEC), key, situation(q_values))[0]

    actions = jax.jit(jax.vmap(act))(jax.random.split(jax.random.key(0), draws))
    explored = (np.asarray(actions) != GREEDY_ACTION).mean(0)
    # A random action is the greedy one in one of four draws.
    chance = 0.75 * np.array(expected)
    assert (np.abs(explored - chance) < 5 * np.sqrt(chance / draws)).all()


@pytest.mark.parametrize("epsilon", [0.0, 0.3, 1.0])
def test_a_single_environment_has_nothing_to_spread(epsilon):
    explorer = EpsilonGreedy(epsilon=epsilon, spread=7.0)
    assert float(explorer.metrics(clock(num_envs=1))["epsilon"]) == pytest.approx(epsilon)


def test_a_spread_follows_the_schedule():
    explorer = EpsilonGreedy(epsilon=Linear(start=1.0, end=0.0, steps=100), spread=1.0)
    # Two environments with ε and ε²: 1 at first, then ½ and ¼.
    assert float(explorer.metrics(clock(0, num_envs=2))["epsilon"]) == pytest.approx(1.0)
    assert float(explorer.metrics(clock(50, num_envs=2))["epsilon"]) == pytest.approx(0.375)


LEGAL = jnp.tile(jnp.array([True, True, False, True]), (N, 1))  # the best action is illegal


def test_without_epsilon_the_best_legal_action_is_taken():
    q_values = jnp.tile(jnp.array([1.0, 3.0, 9.0, 2.0]), (N, 1))
    explorer = EpsilonGreedy(epsilon=0.0)
    seen = situation(q_values, legal=LEGAL)
    action, _ = explorer.act(explorer.init(N, SPEC), jax.random.key(0), seen)
    assert set(action.tolist()) == {1}


def test_random_actions_are_uniform_over_the_legal_ones():
    actions = acted(EpsilonGreedy(epsilon=1.0), steps=10, legal=LEGAL)
    found = np.bincount(actions.ravel(), minlength=ACTIONS)
    assert found[GREEDY_ACTION] == 0
    assert scipy.stats.chisquare(found[[0, 1, 3]]).pvalue > 1e-3


def test_where_nothing_is_legal_all_actions_are_equally_likely():
    actions = acted(EpsilonGreedy(epsilon=1.0), steps=10, legal=jnp.zeros((N, ACTIONS), bool))
    assert scipy.stats.chisquare(np.bincount(actions.ravel())).pvalue > 1e-3


@pytest.mark.parametrize("duration", [OneStep(), Uniform(low=1, high=5), Zeta()])
def test_only_legal_actions_are_ever_taken(duration):
    """Masks that change with every step, so that repeats are cut all the time."""
    explorer = EpsilonGreedy(epsilon=0.5, duration=duration)
    state = explorer.init(N, SPEC)
    act = jax.jit(explorer.act)
    rng = np.random.default_rng(0)
    for key in jax.random.split(jax.random.key(1), 100):
        legal = rng.random((N, ACTIONS)) < 0.4
        legal[np.arange(N), rng.integers(ACTIONS, size=N)] = True
        q_values = jnp.asarray(rng.normal(size=(N, ACTIONS)), jnp.float32)
        action, state = act(state, key, situation(q_values, legal=jnp.asarray(legal)))
        assert legal[np.arange(N), np.asarray(action)].all()


def test_a_repeat_ends_where_its_action_becomes_illegal():
    explorer = EpsilonGreedy(
        epsilon=Linear(start=1.0, end=0.0, steps=1), duration=Uniform(low=50, high=50)
    )
    keys = jax.random.split(jax.random.key(0), 3)
    begun, state = explorer.act(explorer.init(N, SPEC), keys[0], at_clock(clock(0)))
    begun = np.asarray(begun)
    half = np.arange(N) % 2 == 0
    legal = np.ones((N, ACTIONS), bool)
    legal[half, begun[half]] = False
    second, state = explorer.act(state, keys[1], at_clock(clock(1), legal=jnp.asarray(legal)))
    second = np.asarray(second)
    np.testing.assert_array_equal(second[~half], begun[~half])
    # All values but the best action's are equal: the first that is legal is taken in its place.
    best = np.where(begun == GREEDY_ACTION, 0, GREEDY_ACTION)
    np.testing.assert_array_equal(second[half], best[half])
    # It is over for good: that the action is legal again does not take it up again.
    third, _ = explorer.act(state, keys[2], at_clock(clock(2)))
    np.testing.assert_array_equal(np.asarray(third)[~half], begun[~half])
    assert (np.asarray(third)[half] == GREEDY_ACTION).all()


def test_its_probabilities_by_hand():
    # ε = 0.4 at step 60 of a line from 1 to 0 over 100; 0.6 + 0.4 / 4 on the best of four.
    explorer = EpsilonGreedy(epsilon=Linear(start=1.0, end=0.0, steps=100))
    found = explorer.probabilities(Q_VALUES[:1], None, clock(60))
    np.testing.assert_allclose(found, [[0.1, 0.1, 0.7, 0.1]], rtol=1e-5)
    # Of three legal ones, all equal, the first is best: 0.6 + 0.4 / 3.
    found = explorer.probabilities(Q_VALUES[:1], LEGAL[:1], clock(60))
    np.testing.assert_allclose(found, [[0.6 + 0.4 / 3, 0.4 / 3, 0.0, 0.4 / 3]], rtol=1e-5)


def test_probabilities_are_known_unless_steps_or_environments_differ():
    assert EpsilonGreedy().why_not() is None
    assert "duration=OneStep()" in EpsilonGreedy(duration=Zeta()).why_not()
    assert "spread=0" in EpsilonGreedy(spread=7.0).why_not()
