"""IQN: which levels it asks for, and that it is quantile regression at them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax.heads import IQN, QuantileRegression, SquareRoot
from qlax.heads.implicit_quantile import QuantilesAt
from qlax.maths.distributional import midpoints
from tests.heads.predicting import ACTIONS, BATCH, DENSE, Applied, predicted, random_backup

HEAD = IQN(quantiles=5, acting_quantiles=8, embedding=4)


def test_acting_asks_for_evenly_spread_levels_whatever_the_state():
    prediction = predicted(HEAD)
    assert prediction.quantiles.shape == (BATCH, ACTIONS, 8)
    np.testing.assert_allclose(prediction.levels, np.tile(midpoints(8), (BATCH, 1)))


def test_learning_draws_levels_that_a_batch_shares():
    found = [predicted(HEAD, key=jax.random.key(seed)) for seed in (0, 0, 1)]
    assert found[0].quantiles.shape == (BATCH, ACTIONS, 5)
    for prediction in found:
        levels = np.asarray(prediction.levels)
        np.testing.assert_array_equal(levels, np.tile(levels[0], (BATCH, 1)))
        # One in each fifth
        np.testing.assert_array_equal(np.floor(5 * levels[0]), np.arange(5))
    np.testing.assert_array_equal(found[0].levels, found[1].levels)
    assert float(jnp.abs(found[0].levels - found[2].levels).max()) > 0.01


def test_drawn_levels_are_uniform():
    """10,000 draws of 5: their mean and their second moment, within 5 standard deviations."""
    module = Applied(HEAD)
    params = module.init(jax.random.key(0), DENSE[:1])
    keys = jax.random.split(jax.random.key(1), 10_000)
    draw = jax.vmap(lambda key: module.apply(params, DENSE[:1], rngs={"quantiles": key}).levels)
    levels = np.asarray(jax.jit(draw)(keys)).ravel()
    assert levels.min() >= 0.0
    assert levels.max() < 1.0
    assert levels.mean() == pytest.approx(1 / 2, abs=0.0065)  # 5 · √(1/12 / 50,000)
    assert (levels**2).mean() == pytest.approx(1 / 3, abs=0.0067)  # 5 · √(4/45 / 50,000)
    # Within its fifth, each is as likely to be in the lower half as in the upper one
    assert (5 * levels % 1.0 < 0.5).mean() == pytest.approx(0.5, abs=0.0112)


@pytest.mark.parametrize("options", [{}, {"risk": 0.3, "kappa": 0.1, "rescaling": SquareRoot()}])
def test_at_fixed_levels_it_is_quantile_regression(options):
    implicit, fixed = IQN(**options), QuantileRegression(quantiles=8, **options)
    quantiles = jax.random.normal(jax.random.key(0), (BATCH, ACTIONS, 8))
    prediction = QuantilesAt(quantiles, jnp.tile(midpoints(8), (BATCH, 1)))
    reward, discount, backup = random_backup()
    target = fixed.backup(reward, discount, quantiles, backup)
    action = jnp.array([0, 1, 2, 2, 1, 0])
    np.testing.assert_allclose(implicit.q_values(prediction), fixed.q_values(quantiles), rtol=1e-5)
    np.testing.assert_allclose(implicit.backup(reward, discount, prediction, backup), target)
    for ours, theirs in zip(
        implicit.loss(prediction, action, target),
        fixed.loss(quantiles, action, target),
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_levels_weigh_errors():
    """The same quantile at level 0.9 wants to rise more than at level 0.1."""
    levels = jnp.array([[0.1, 0.9]])
    samples = jnp.array([[-5.0, 5.0]])

    def loss(quantiles):
        return IQN().loss(QuantilesAt(quantiles, levels), jnp.array([0]), samples).loss.sum()

    # Of one sample above and one below, half each: −½ τ + ½ (1 − τ)
    np.testing.assert_allclose(jax.grad(loss)(jnp.zeros((1, 1, 2)))[0, 0], [0.4, -0.4], rtol=1e-6)


def test_caution_looks_at_the_lowest_levels_drawn():
    prediction = QuantilesAt(jnp.array([[[4.0, 1.0, 2.0]]]), jnp.array([[0.9, 0.2, 0.5]]))
    for risk, expected in ((1.0, 7 / 3), (0.5, 1.5), (0.3, 1.0), (0.1, 1.0)):
        np.testing.assert_allclose(IQN(risk=risk).q_values(prediction), [[expected]], rtol=1e-6)
