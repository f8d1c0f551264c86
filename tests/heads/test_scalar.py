"""The scalar head, by hand."""

import jax.numpy as jnp
import numpy as np
import pytest

from qlax.heads import Scalar
from qlax.maths.bootstrap import Backup

PREDICTION = jnp.array([[1.0, 2.0], [3.0, 4.0]])
ACTION = jnp.array([1, 0])


@pytest.mark.parametrize(("name", "losses"), [("huber", [0.125, 2.5]), ("squared", [0.125, 4.5])])
def test_only_the_taken_actions_value_is_compared(name, losses):
    # Targets 2.5 and 0 against 2 and 3: δ = ½ and −3
    result = Scalar(loss_function=name).loss(PREDICTION, ACTION, jnp.array([2.5, 0.0]))
    np.testing.assert_allclose(result.error, [0.5, -3.0])
    np.testing.assert_allclose(result.loss, losses)


def test_its_mean_is_itself():
    np.testing.assert_array_equal(Scalar().q_values(PREDICTION), PREDICTION)


def test_its_target_is_the_one_equation():
    policy = jnp.array([[0.0, 1.0], [0.5, 0.5]])
    target = Scalar().backup(
        jnp.array([1.0, 1.0]), jnp.array([0.5, 0.1]), PREDICTION, Backup(policy)
    )
    # 1 + ½ · 2 and 1 + 0.1 · 3.5
    np.testing.assert_allclose(target, [2.0, 1.35])
