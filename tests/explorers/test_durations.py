"""Laws of how long an exploratory action lasts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from qlax.explorers import OneStep, Uniform, Zeta

DRAWS = 20_000
NUMBERS = jax.random.uniform(jax.random.key(0), (DRAWS,))


def frequencies(law, longest):
    """Return how often each of 1 … longest was drawn."""
    drawn = np.asarray(jax.jit(law.sample)(NUMBERS))
    assert drawn.dtype == np.int32
    assert drawn.min() >= 1
    assert drawn.max() <= longest
    return np.bincount(drawn, minlength=longest + 1)[1:]


def test_one_step_is_one_step():
    np.testing.assert_array_equal(OneStep().sample(NUMBERS), np.ones(DRAWS))


def test_uniform_durations_are_equally_likely():
    counts = frequencies(Uniform(low=3, high=7), 7)
    assert (counts[:2] == 0).all()
    assert scipy.stats.chisquare(counts[2:]).pvalue > 1e-3


def test_uniform_reaches_both_ends_and_no_further():
    almost_one = np.nextafter(np.float32(1), np.float32(0))
    drawn = Uniform(low=2, high=4).sample(jnp.array([0.0, 0.34, 0.67, almost_one]))
    # 2 + ⌊3 u⌋
    assert drawn.tolist() == [2, 3, 4, 4]


def test_uniform_of_one_value_is_that_value():
    assert set(Uniform(low=5, high=5).sample(NUMBERS).tolist()) == {5}


@pytest.mark.parametrize("exponent", [1.5, 2.0, 3.0])
@pytest.mark.parametrize("longest", [1, 6])
def test_zeta_follows_its_law(exponent, longest):
    weights = np.arange(1, longest + 1.0) ** -exponent
    expected = DRAWS * weights / weights.sum()
    counts = frequencies(Zeta(exponent=exponent, longest=longest), longest)
    if longest > 1:
        assert scipy.stats.chisquare(counts, expected).pvalue > 1e-3


def test_zeta_quantiles_by_hand():
    # μ = 2, at most 3: 1, ¼, 1/9 over 49/36, so P(1) = 36/49 = 0.7347, P(n ≤ 2) = 45/49 = 0.9184
    drawn = Zeta(exponent=2.0, longest=3).sample(jnp.array([0.0, 0.73, 0.74, 0.91, 0.92, 0.9999]))
    assert drawn.tolist() == [1, 1, 2, 2, 3, 3]


def test_zeta_as_published_is_mostly_short_and_sometimes_very_long():
    drawn = np.asarray(Zeta().sample(jax.random.uniform(jax.random.key(1), (200_000,))))
    # P(1) = 6/π² up to the cut at 10,000; P(n > 1000) ≈ 0.001 · 6/π² = 0.0006
    assert (drawn == 1).mean() == pytest.approx(6 / np.pi**2, abs=0.005)
    assert (drawn > 1_000).mean() == pytest.approx(0.00055, abs=0.0003)
    assert drawn.max() <= 10_000


def test_no_uniform_number_goes_beyond_the_longest():
    almost_one = jnp.array([np.nextafter(np.float32(1), np.float32(0))])
    for longest in (1, 2, 10, 1_000, 10_000):
        assert 1 <= int(Zeta(longest=longest).sample(almost_one)[0]) <= longest
