"""From values to probabilities, by hand, with and without illegal actions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats

from qlax.maths import policies

Q_VALUES = jnp.array([[1.0, 3.0, 2.0], [1.0, 3.0, 2.0], [1.0, 3.0, 2.0]])
# All of them; not the best one; none at all.
LEGAL = jnp.array([[True, True, True], [True, False, True], [False, False, False]])


@pytest.fixture(params=["plain", "jitted"], name="maybe_jit")
def _maybe_jit(request):
    return jax.jit if request.param == "jitted" else lambda function: function


def test_where_nothing_is_legal_everything_is_taken_for_legal(maybe_jit):
    found = maybe_jit(policies.some_legal)(LEGAL)
    np.testing.assert_array_equal(found, [[True] * 3, [True, False, True], [True] * 3])


def test_illegal_values_are_below_all_others(maybe_jit):
    found = maybe_jit(policies.only_legal)(Q_VALUES, LEGAL)
    np.testing.assert_array_equal(found, [[1, 3, 2], [1, -np.inf, 2], [1, 3, 2]])
    np.testing.assert_array_equal(policies.only_legal(Q_VALUES, None), Q_VALUES)


def test_the_greedy_action_is_the_best_legal_one(maybe_jit):
    found = maybe_jit(policies.greedy_action)(Q_VALUES, LEGAL)
    assert found.tolist() == [1, 2, 1]
    assert found.dtype == jnp.int32
    assert policies.greedy_action(Q_VALUES, None).tolist() == [1, 1, 1]


def test_of_equal_values_the_first_legal_one_is_taken():
    equal = jnp.zeros((2, 3))
    legal = jnp.array([[True, True, True], [False, True, True]])
    assert policies.greedy_action(equal, legal).tolist() == [0, 1]


def test_the_greedy_policy_by_hand(maybe_jit):
    found = maybe_jit(policies.greedy_policy)(Q_VALUES, LEGAL)
    np.testing.assert_array_equal(found, [[0, 1, 0], [0, 0, 1], [0, 1, 0]])
    np.testing.assert_array_equal(policies.greedy_policy(Q_VALUES, None), [[0, 1, 0]] * 3)


def test_the_uniform_policy_by_hand(maybe_jit):
    found = maybe_jit(policies.uniform_policy)(Q_VALUES, LEGAL)
    third = 1 / 3
    np.testing.assert_allclose(found, [[third] * 3, [0.5, 0.0, 0.5], [third] * 3], rtol=1e-6)
    np.testing.assert_allclose(policies.uniform_policy(Q_VALUES, None), [[third] * 3] * 3)


def test_the_epsilon_greedy_policy_by_hand(maybe_jit):
    found = maybe_jit(policies.epsilon_greedy_policy)(Q_VALUES, 0.3, LEGAL)
    # 0.7 + 0.3 / 3 on the best of three, 0.7 + 0.3 / 2 on the best of two
    expected = [[0.1, 0.8, 0.1], [0.15, 0.0, 0.85], [0.1, 0.8, 0.1]]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_every_row_may_have_its_own_epsilon():
    epsilon = jnp.array([0.0, 1.0, 0.3])
    found = policies.epsilon_greedy_policy(Q_VALUES, epsilon, LEGAL)
    expected = [[0.0, 1.0, 0.0], [0.5, 0.0, 0.5], [0.1, 0.8, 0.1]]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_softmax_policy_by_hand(maybe_jit):
    # exp(q / τ) = 1, 2, 5 with τ = 2
    q_values = jnp.tile(2.0 * jnp.log(jnp.array([1.0, 2.0, 5.0])), (3, 1))
    found = maybe_jit(policies.softmax_policy)(q_values, 2.0, LEGAL)
    everything = [0.125, 0.25, 0.625]
    np.testing.assert_allclose(found, [everything, [1 / 6, 0, 5 / 6], everything], rtol=1e-6)
    logs = maybe_jit(policies.log_softmax_policy)(q_values, 2.0, LEGAL)
    expected = np.log([everything, [1 / 6, 1.0, 5 / 6], everything])  # ln 1 = 0 where illegal
    np.testing.assert_allclose(logs, expected, rtol=1e-5)


@pytest.mark.parametrize("temperature", [0.03, 1.0, 50.0])
def test_softmax_agrees_with_scipy(temperature):
    q_values = jax.random.normal(jax.random.key(0), (40, 5))
    scaled = np.asarray(q_values, np.float64) / temperature
    np.testing.assert_allclose(
        policies.softmax_policy(q_values, temperature, None),
        scipy.special.softmax(scaled, -1),
        atol=1e-6,
    )
    np.testing.assert_allclose(
        policies.log_softmax_policy(q_values, temperature, None),
        scipy.special.log_softmax(scaled, -1),
        rtol=1e-4,
        atol=1e-4,
    )


def test_an_entropy_over_legal_actions_is_a_number_and_has_a_gradient():
    def entropy(q_values):
        policy = policies.softmax_policy(q_values, 0.5, LEGAL)
        return -(policy * policies.log_softmax_policy(q_values, 0.5, LEGAL)).sum(-1)

    legal_only = scipy.special.softmax([2.0, 4.0])
    assert float(entropy(Q_VALUES)[1]) == pytest.approx(scipy.stats.entropy(legal_only), rel=1e-5)
    gradient = jax.grad(lambda q_values: entropy(q_values).sum())(Q_VALUES)
    assert np.isfinite(gradient).all()
    assert float(gradient[1, 1]) == 0.0


POLICIES = {
    "greedy": policies.greedy_policy,
    "uniform": policies.uniform_policy,
    "epsilon greedy": lambda q, legal: policies.epsilon_greedy_policy(q, jnp.float32(0.2), legal),
    "softmax": lambda q, legal: policies.softmax_policy(q, 0.7, legal),
}


@pytest.mark.parametrize("name", POLICIES)
def test_probabilities_sum_to_one_and_are_zero_where_illegal(name):
    rng = np.random.default_rng(0)
    q_values = jnp.asarray(rng.normal(size=(200, 6)), jnp.float32)
    legal = rng.random((200, 6)) < 0.3  # in one of nine rows nothing is legal
    found = np.asarray(POLICIES[name](q_values, jnp.asarray(legal)))
    np.testing.assert_allclose(found.sum(-1), 1.0, rtol=1e-5)
    some = legal.any(-1)
    assert 0 < some.sum() < 200
    assert (found[some][~legal[some]] == 0.0).all()
    # A row without legal actions is as one in which all are, and so is a row without a mask.
    free = np.asarray(POLICIES[name](q_values, None))
    np.testing.assert_array_equal(found[~some], free[~some])
    allowed = np.asarray(POLICIES[name](q_values, jnp.ones((200, 6), bool)))
    np.testing.assert_allclose(allowed, free, rtol=1e-6)


def test_uniform_numbers_become_actions_by_hand(maybe_jit):
    uniform = jnp.array([0.0, 0.33, 0.34, 0.66, 0.67, 0.99])
    draw = maybe_jit(lambda numbers, legal: policies.draw_uniformly(numbers, 4, legal))
    # The legal ones are 0, 2 and 3: a third each.
    legal = jnp.tile(jnp.array([True, False, True, True]), (6, 1))
    found = draw(uniform, legal)
    assert found.tolist() == [0, 0, 2, 2, 3, 3]
    assert found.dtype == jnp.int32
    # Without a mask, or with nothing legal, all four: a quarter each.
    for free in (None, jnp.zeros((6, 4), bool)):
        assert draw(uniform, free).tolist() == [0, 1, 1, 2, 2, 3]


@pytest.mark.parametrize("actions", [1, 2, 3, 7, 18, 1000])
def test_no_uniform_number_goes_beyond_the_last_legal_action(actions):
    almost_one = jnp.array([np.nextafter(np.float32(1), np.float32(0))])
    assert policies.draw_uniformly(almost_one, actions, None).tolist() == [actions - 1]
    wider = jnp.arange(actions + 1)[None] < actions
    assert policies.draw_uniformly(almost_one, actions + 1, wider).tolist() == [actions - 1]


def test_draws_are_equally_likely_among_the_legal():
    uniform = jax.random.uniform(jax.random.key(0), (30_000,))
    legal = jnp.tile(jnp.array([False, True, True, False, True]), (30_000, 1))
    counts = np.bincount(policies.draw_uniformly(uniform, 5, legal), minlength=5)
    assert counts[0] == counts[3] == 0
    assert scipy.stats.chisquare(counts[[1, 2, 4]]).pvalue > 1e-3
