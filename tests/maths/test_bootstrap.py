"""π, e and b, by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax.bootstraps import Double, Greedy, NextValues
from qlax.maths.bootstrap import (
    Backup,
    chosen,
    expected_value,
    mixture,
    scalar_backup,
    with_bonus,
)
from qlax.maths.policies import greedy_policy


@pytest.fixture(params=["plain", "jitted"], name="maybe_jit")
def _maybe_jit(request):
    return jax.jit if request.param == "jitted" else lambda function: function


def test_the_greedy_policy_takes_the_largest_value(maybe_jit):
    policy = maybe_jit(greedy_policy)(jnp.array([[1.0, 3.0, 2.0], [-1.0, -3.0, -2.0]]), None)
    np.testing.assert_array_equal(policy, [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])


def test_of_equal_values_the_first_is_taken(maybe_jit):
    policy = maybe_jit(greedy_policy)(jnp.array([[2.0, 2.0, 1.0], [0.0, 5.0, 5.0]]), None)
    np.testing.assert_array_equal(policy, [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def test_the_target_is_reward_plus_bonus_plus_discounted_expectation(maybe_jit):
    target = maybe_jit(scalar_backup)(
        jnp.array([1.0, 1.0]),
        jnp.array([0.5, 0.0]),
        jnp.array([[2.0, 4.0], [2.0, 4.0]]),
        Backup(
            policy=jnp.array([[0.25, 0.75], [0.25, 0.75]]),
            cost=jnp.array([[1.0, -1.0], [1.0, -1.0]]),
            bonus=jnp.array([10.0, 10.0]),
        ),
    )
    # ¼ (2 − 1) + ¾ (4 + 1) = 4;  1 + 10 + ½ · 4 = 13;  with d = 0 only 1 + 10 is left
    np.testing.assert_allclose(target, [13.0, 11.0])


def test_a_policy_without_entropy_neither_costs_nor_earns():
    q_next, reward = jnp.array([[2.0, 4.0], [2.0, 4.0]]), jnp.array([10.0, 20.0])
    policy = jnp.array([[0.5, 0.5], [0.0, 1.0]])
    nothing = Backup(policy, jnp.zeros((2, 2)), jnp.zeros(2))
    for backup in (Backup(policy), nothing):
        np.testing.assert_array_equal(expected_value(q_next, backup), [3.0, 4.0])
        np.testing.assert_array_equal(with_bonus(reward, backup), reward)
        # 10 + ½ · 3 and 20 + 0 · 4
        target = scalar_backup(reward, jnp.array([0.5, 0.0]), q_next, backup)
        np.testing.assert_array_equal(target, [11.5, 20.0])


@pytest.mark.parametrize("bootstrap", [Greedy(), Double()])
def test_a_greedy_bootstrap_neither_costs_nor_earns(bootstrap):
    backup = bootstrap(values(online=[9.0, 0.0], target=[1.0, 2.0]))
    assert backup.cost is None
    assert backup.bonus is None


def values(online, target, legal=None):
    """Return what a bootstrap may look at; what Greedy and Double should not is far off."""
    online, target = jnp.array([online]), jnp.array([target])
    return NextValues(
        online_next=online,
        target_next=target,
        target_now=jnp.full_like(target, 99.0),
        action=jnp.array([0]),
        next_action=jnp.array([0]),
        behaviour_next=None,
        legal_now=None if legal is None else ~jnp.array([legal]),
        legal_next=None if legal is None else jnp.array([legal]),
    )


def test_greedy_follows_the_target_network(maybe_jit):
    backup = maybe_jit(Greedy())(values(online=[9.0, 0.0], target=[1.0, 2.0]))
    np.testing.assert_array_equal(backup.policy, [[0.0, 1.0]])


def test_double_follows_the_online_network(maybe_jit):
    backup = maybe_jit(Double())(values(online=[9.0, 0.0], target=[1.0, 2.0]))
    np.testing.assert_array_equal(backup.policy, [[1.0, 0.0]])


def test_double_values_the_online_choice_by_the_target_network(maybe_jit):
    given = values(online=[9.0, 0.0], target=[1.0, 2.0])
    target = maybe_jit(scalar_backup)(
        jnp.array([0.5]), jnp.array([0.5]), given.target_next, Double()(given)
    )
    # The online network chooses action 0, which the target network says is worth 1: ½ + ½ · 1
    assert float(target[0]) == 1.0


def test_double_with_equal_networks_is_greedy():
    q_values = jax.random.normal(jax.random.key(0), (100, 4))
    none = jnp.zeros(100, jnp.int32)
    same = NextValues(q_values, q_values, q_values, none, none, None, None, None)
    jax.tree.map(np.testing.assert_array_equal, Double()(same), Greedy()(same))


@pytest.mark.parametrize(
    # Of the last two Greedy takes the target network's best, Double the online network's.
    ("bootstrap", "policy"),
    [(Greedy(), [0.0, 1.0, 0.0]), (Double(), [0.0, 0.0, 1.0])],
)
def test_only_actions_that_are_legal_next_are_bootstrapped_from(bootstrap, policy, maybe_jit):
    given = values(online=[9.0, 7.0, 8.0], target=[9.0, 8.0, 7.0], legal=[False, True, True])
    np.testing.assert_array_equal(maybe_jit(bootstrap)(given).policy, [policy])


@pytest.mark.parametrize("bootstrap", [Greedy(), Double()])
def test_they_need_not_wait_for_the_next_action(bootstrap):
    assert not bootstrap.uses_next_action


def test_chosen_is_the_entry_of_the_action_taken(maybe_jit):
    # [2, 3, 2]: sample, action, entry
    entries = jnp.arange(12.0).reshape(2, 3, 2)
    found = maybe_jit(chosen)(entries, jnp.array([2, 0]))
    np.testing.assert_array_equal(found, [[4.0, 5.0], [6.0, 7.0]])
    np.testing.assert_array_equal(chosen(entries[..., 0], jnp.array([1, 2])), [2.0, 10.0])


def test_a_mixture_weighs_whole_distributions_by_the_policy(maybe_jit):
    policy = jnp.array([[0.25, 0.75], [1.0, 0.0]])
    distributions = jnp.array([[[4.0, 0.0], [0.0, 4.0]], [[1.0, 2.0], [9.0, 9.0]]])
    found = maybe_jit(mixture)(policy, distributions)
    np.testing.assert_allclose(found, [[1.0, 3.0], [1.0, 2.0]])
