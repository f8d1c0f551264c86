"""ε-greedy exploration and its repeats."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from qlax.explorers import Clock, EpsilonGreedy, OneStep, Uniform, Zeta
from qlax.schedules import Linear

N, ACTIONS = 1_000, 4
GREEDY_ACTION = 2
Q_VALUES = jnp.zeros((N, ACTIONS)).at[:, GREEDY_ACTION].set(1.0)
LATER = jnp.zeros(N, bool)


def clock(env_steps=0, episodes=0, num_envs=N):
    return Clock(jnp.int32(env_steps), jnp.full(num_envs, episodes, jnp.int32))


def acted(explorer, *, steps=1, seed=0, first=LATER, at=None):
    """Return actions, shape [steps, N]."""
    state = explorer.init(N)
    act = jax.jit(explorer.act)
    taken = []
    for key in jax.random.split(jax.random.key(seed), steps):
        action, state = act(state, key, Q_VALUES, first, at or clock())
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
    state = explorer.init(N)
    keys = jax.random.split(jax.random.key(0), 4)
    begun, state = explorer.act(state, keys[0], Q_VALUES, LATER, clock(0))
    second, state = explorer.act(state, keys[1], Q_VALUES, LATER, clock(1))
    third, state = explorer.act(state, keys[2], Q_VALUES, LATER, clock(2))
    over, _ = explorer.act(state, keys[3], Q_VALUES, LATER, clock(3))
    np.testing.assert_array_equal(second, begun)
    np.testing.assert_array_equal(third, begun)
    assert (np.asarray(over) == GREEDY_ACTION).all()


def test_a_repeat_ends_at_the_first_step_of_an_episode():
    explorer = EpsilonGreedy(
        epsilon=Linear(start=1.0, end=0.0, steps=1), duration=Uniform(low=50, high=50)
    )
    begun, state = explorer.act(explorer.init(N), jax.random.key(0), Q_VALUES, LATER, clock(0))
    half = jnp.arange(N) % 2 == 0
    after, _ = explorer.act(state, jax.random.key(1), Q_VALUES, half, clock(1))
    np.testing.assert_array_equal(np.asarray(after)[1::2], np.asarray(begun)[1::2])
    assert (np.asarray(after)[::2] == GREEDY_ACTION).all()


def test_run_lengths_follow_the_law_of_durations():
    """With ε = 1 a run of equal actions is one repeat, or several that agree by chance."""
    law = Zeta(exponent=2.0, longest=3)
    wide = 1_000  # actions so many that repeats hardly ever agree
    explorer = EpsilonGreedy(epsilon=1.0, duration=law)
    state = explorer.init(100)
    act = jax.jit(explorer.act)
    taken = []
    for key in jax.random.split(jax.random.key(3), 150):
        action, state = act(
            state, key, jnp.zeros((100, wide)), jnp.zeros(100, bool), clock(num_envs=100)
        )
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
