"""π, e and b, by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax.bootstraps import Double, Greedy, NextValues
from qlax.maths.bootstrap import Backup, greedy_policy, scalar_backup, without_entropy


@pytest.fixture(params=["plain", "jitted"], name="maybe_jit")
def _maybe_jit(request):
    return jax.jit if request.param == "jitted" else lambda function: function


def test_the_greedy_policy_takes_the_largest_value(maybe_jit):
    policy = maybe_jit(greedy_policy)(jnp.array([[1.0, 3.0, 2.0], [-1.0, -3.0, -2.0]]))
    np.testing.assert_array_equal(policy, [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])


def test_of_equal_values_the_first_is_taken(maybe_jit):
    policy = maybe_jit(greedy_policy)(jnp.array([[2.0, 2.0, 1.0], [0.0, 5.0, 5.0]]))
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
    policy = jnp.array([[0.5, 0.5], [0.0, 1.0]])
    backup = without_entropy(policy)
    np.testing.assert_array_equal(backup.policy, policy)
    np.testing.assert_array_equal(backup.cost, np.zeros((2, 2)))
    np.testing.assert_array_equal(backup.bonus, np.zeros(2))


def values(online, target):
    online, target = jnp.array([online]), jnp.array([target])
    return NextValues(online, target, jnp.full_like(target, 99.0), jnp.array([0]))


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
    same = NextValues(q_values, q_values, q_values, jnp.zeros(100, jnp.int32))
    jax.tree.map(np.testing.assert_array_equal, Double()(same), Greedy()(same))
