"""Actions drawn from a softmax of their values."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats

from qlax.explorers import Boltzmann, Clock
from qlax.maths.counting import Count
from qlax.schedules import Linear
from tests.explorers.acting import SPEC, situation

N = 20_000
# exp(q / 2) ∝ 1, 2, 1, 4
Q_VALUES = 2.0 * jnp.log(jnp.array([1.0, 2.0, 1.0, 4.0]))
LAW = np.array([1, 2, 1, 4]) / 8


def clock(env_steps=0):
    return Clock(Count.of(env_steps), jnp.zeros(1, jnp.int32))


def counts(explorer, *, legal=None, env_steps=0):
    """Return how often each action is taken by N environments in one step."""
    if legal is not None:
        legal = jnp.tile(jnp.array(legal), (N, 1))
    seen = situation(jnp.tile(Q_VALUES, (N, 1)), legal=legal, clock=clock(env_steps))
    action, state = jax.jit(explorer.act)(explorer.init(N, SPEC), jax.random.key(0), seen)
    assert state == ()
    assert action.dtype == jnp.int32
    return np.bincount(action, minlength=4)


def test_probabilities_by_hand():
    found = Boltzmann(temperature=2.0).probabilities(Q_VALUES[None], None, clock())
    np.testing.assert_allclose(found, [LAW], rtol=1e-5)


def test_probabilities_of_legal_actions_by_hand():
    legal = jnp.array([[True, True, False, False]])
    found = Boltzmann(temperature=2.0).probabilities(Q_VALUES[None], legal, clock())
    np.testing.assert_allclose(found, [[1 / 3, 2 / 3, 0.0, 0.0]], rtol=1e-5)


def test_probabilities_are_those_of_scipy():
    q_values = jax.random.normal(jax.random.key(1), (50, 6))
    ours = Boltzmann(temperature=0.3).probabilities(q_values, None, clock())
    theirs = scipy.special.softmax(np.asarray(q_values, np.float64) / 0.3, -1)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_actions_follow_the_law():
    found = counts(Boltzmann(temperature=2.0))
    assert scipy.stats.chisquare(found, N * LAW).pvalue > 1e-3


def test_illegal_actions_are_never_taken_and_the_others_follow_the_law():
    found = counts(Boltzmann(temperature=2.0), legal=[True, True, False, True])
    assert found[2] == 0
    expected = N * np.array([1, 2, 4]) / 7
    assert scipy.stats.chisquare(found[[0, 1, 3]], expected).pvalue > 1e-3


def test_where_nothing_is_legal_nothing_is_left_out():
    found = counts(Boltzmann(temperature=2.0), legal=[False] * 4)
    assert scipy.stats.chisquare(found, N * LAW).pvalue > 1e-3


def test_the_temperature_follows_environment_steps():
    # τ = 4 at first, 2 halfway and then 0.01: the best action alone.
    explorer = Boltzmann(temperature=Linear(start=4.0, end=0.01, steps=100))
    assert float(explorer.metrics(clock(0))["temperature"]) == pytest.approx(4.0)
    assert float(explorer.metrics(clock(50))["temperature"]) == pytest.approx(2.005)
    halfway = counts(explorer, env_steps=50)
    expected = np.exp(np.asarray(Q_VALUES, np.float64) / 2.005)
    assert scipy.stats.chisquare(halfway, N * expected / expected.sum()).pvalue > 1e-3
    assert counts(explorer, env_steps=100).tolist() == [0, 0, 0, N]


def test_tiny_temperatures_and_huge_values_stay_numbers():
    q_values = jnp.array([[1e6, -1e6, 0.0, 1e6 - 1.0]])
    legal = jnp.array([[False, True, True, True]])
    found = Boltzmann(temperature=1e-4).probabilities(q_values, legal, clock())
    np.testing.assert_array_equal(found, [[0.0, 0.0, 0.0, 1.0]])


def test_a_temperature_of_ones_own_is_called_with_the_steps():
    explorer = Boltzmann(temperature=lambda step: 8.0 / (1.0 + step))
    assert float(explorer.metrics(clock(3))["temperature"]) == pytest.approx(2.0)
    np.testing.assert_allclose(explorer.probabilities(Q_VALUES, None, clock(3)), LAW, rtol=1e-5)


def test_its_probabilities_are_known():
    assert Boltzmann().why_not() is None
