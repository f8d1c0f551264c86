"""Quantile regression, by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax.heads import QuantileRegression, SquareRoot
from qlax.maths.bootstrap import Backup, chosen
from qlax.maths.distributional import midpoints, quantile_huber
from tests.heads.predicting import predicted, random_backup

QUANTILES = jnp.array([[[1.0, 2.0, 3.0, 6.0], [0.0, 0.0, 0.0, 8.0]]])


@pytest.mark.parametrize(
    ("risk", "expected"),
    [(1.0, [3.0, 2.0]), (0.75, [2.0, 0.0]), (0.5, [1.5, 0.0]), (0.1, [1.0, 0.0])],
)
def test_action_values_are_means_of_the_worst_quantiles(risk, expected):
    # Levels ⅛, ⅜, ⅝, ⅞
    head = QuantileRegression(quantiles=4, risk=risk)
    np.testing.assert_allclose(head.q_values(QUANTILES), [expected], rtol=1e-6)


def test_caution_changes_the_choice():
    risky = jnp.array([[[1.0, 1.0], [-5.0, 9.0]]])
    assert int(QuantileRegression(quantiles=2).q_values(risky).argmax()) == 1
    assert int(QuantileRegression(quantiles=2, risk=0.5).q_values(risky).argmax()) == 0


def test_a_target_and_its_loss_by_hand():
    head = QuantileRegression(quantiles=2, kappa=0.0)
    prediction = jnp.array([[[1.0, 2.0], [4.0, 6.0]]])
    target = head.backup(
        jnp.array([1.0]), jnp.array([0.5]), prediction, Backup(jnp.array([[0.5, 0.5]]))
    )
    # 1 + ½ · ½ (1 + 4) and 1 + ½ · ½ (2 + 6)
    np.testing.assert_allclose(target, [[2.25, 3.0]])
    result = head.loss(prediction, jnp.array([0]), target)
    # Level ¼: ¼ · (1.25 + 2) / 2; level ¾: ¾ · (0.25 + 1) / 2
    np.testing.assert_allclose(result.loss, [0.40625 + 0.46875], rtol=1e-6)
    np.testing.assert_allclose(result.error, [2.625 - 1.5], rtol=1e-6)
    np.testing.assert_allclose(result.value, [1.5], rtol=1e-6)


def test_with_a_rescaling_the_network_predicts_on_its_scale():
    """Everything is as if the quantiles had been those on the plain scale, but the loss."""
    scale = SquareRoot(epsilon=0.1)
    plain, scaled = (
        QuantileRegression(quantiles=4),
        QuantileRegression(quantiles=4, rescaling=scale),
    )
    prediction = predicted(plain)
    np.testing.assert_allclose(
        scaled.q_values(scale(prediction)), plain.q_values(prediction), rtol=1e-3, atol=1e-4
    )
    returns = random_backup()
    target = scaled.backup(*returns[:2], scale(prediction), returns[2])
    expected = scale(plain.backup(*returns[:2], prediction, returns[2]))
    np.testing.assert_allclose(target, expected, rtol=1e-3, atol=1e-4)
    action = jnp.zeros(len(prediction), jnp.int32)
    np.testing.assert_allclose(
        scaled.loss(prediction, action, target).loss,
        quantile_huber(chosen(prediction, action), midpoints(4), target, 1.0),
        rtol=1e-6,
    )


def test_the_law_itself_is_learned_not_only_its_mean():
    """Rewards 0 and 1, of equal chance; nothing follows."""
    head = QuantileRegression(quantiles=4, kappa=0.0)
    rewards = jnp.array([0.0, 1.0])
    policy = Backup(jnp.ones((2, 1)))
    target = head.backup(rewards, jnp.zeros(2), jnp.zeros((2, 1, 4)), policy)

    def loss(quantiles):
        each = jnp.broadcast_to(quantiles, (2, 1, 4))
        return head.loss(each, jnp.zeros(2, jnp.int32), target).loss.mean()

    learned = jax.lax.fori_loop(
        0, 2_000, lambda _, found: found - 0.01 * jax.grad(loss)(found), jnp.full(4, 0.4)
    )
    np.testing.assert_allclose(learned, [0.0, 0.0, 1.0, 1.0], atol=0.01)
