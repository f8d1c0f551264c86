"""Noise on the values, and none at all."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from qlax.explorers import Clock, GaussianNoise, Greedy
from qlax.maths.counting import Count
from tests.explorers.acting import SPEC, situation

N = 4_000


def chosen(scale, gap, episodes):
    """Return how often action 1 is taken though action 0 is better by `gap`."""
    q_values = jnp.tile(jnp.array([gap, 0.0]), (N, 1))
    clock = Clock(Count.of(0), jnp.broadcast_to(jnp.asarray(episodes, jnp.int32), (N,)))
    action, state = GaussianNoise(scale=scale).act(
        (), jax.random.key(0), situation(q_values, clock=clock)
    )
    assert state == ()
    assert action.dtype == jnp.int32
    return np.asarray(action)


@pytest.mark.parametrize(("episodes", "deviation"), [(0, 2.0), (1, 1.0), (3, 0.5)])
def test_the_deviation_is_the_scale_over_the_episodes_number(episodes, deviation):
    # The difference of two normals has √2 times the deviation.
    expected = scipy.stats.norm.sf(1.0 / (2**0.5 * deviation))
    assert chosen(2.0, 1.0, episodes).mean() == pytest.approx(expected, abs=0.03)


def test_every_environment_has_its_own_episode_number():
    episodes = jnp.arange(N) % 2 * 10_000  # the odd ones are long past exploring
    action = chosen(1.0, 0.1, episodes)
    assert action[::2].mean() == pytest.approx(scipy.stats.norm.sf(0.1 / 2**0.5), abs=0.04)
    assert action[1::2].mean() < 0.001


def test_without_scale_it_is_greedy():
    assert chosen(0.0, 0.1, 0).max() == 0


def test_its_metric_is_the_mean_deviation():
    clock = Clock(Count.of(0), jnp.array([0, 1, 3], jnp.int32))
    # (2 + 1 + ½) / 3
    assert float(GaussianNoise(scale=2.0).metrics(clock)["noise"]) == pytest.approx(3.5 / 3)


def test_greedy_takes_the_best_and_of_equals_the_first():
    q_values = jnp.array([[0.0, 2.0, 1.0], [1.0, 1.0, 0.0], [-1.0, -2.0, -1.0]])
    clock = Clock(Count.of(0), jnp.zeros(3, jnp.int32))
    explorer = Greedy()
    state = explorer.init(3, SPEC)
    action, _ = explorer.act(state, jax.random.key(0), situation(q_values, clock=clock))
    assert action.tolist() == [1, 0, 0]
    assert explorer.metrics(clock) == {}


@pytest.mark.parametrize("explorer", [Greedy(), GaussianNoise(scale=5.0)])
def test_only_legal_actions_are_taken_however_bad(explorer):
    q_values = jnp.tile(jnp.array([100.0, -1.0, 50.0, -2.0]), (N, 1))
    legal = jnp.tile(jnp.array([False, True, False, True]), (N, 1))
    action, _ = explorer.act((), jax.random.key(0), situation(q_values, legal=legal))
    # Noise of deviation 5 on each makes 1 and 3 almost equally likely; without any, 1 is best.
    expected = {1} if isinstance(explorer, Greedy) else {1, 3}
    assert set(action.tolist()) == expected


def test_greedy_knows_its_probabilities():
    q_values = jnp.array([[0.0, 2.0, 1.0], [1.0, 5.0, 0.0]])
    legal = jnp.array([[True, True, True], [True, False, True]])
    clock = Clock(Count.of(0), jnp.zeros(2, jnp.int32))
    found = Greedy().probabilities(q_values, legal, clock)
    np.testing.assert_array_equal(found, [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    assert Greedy().why_not() is None
