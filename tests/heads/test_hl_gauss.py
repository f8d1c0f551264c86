"""HL-Gauss, by hand and from SciPy."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from qlax.heads import HLGauss, SquareRoot, Unscaled
from qlax.maths.bootstrap import scalar_backup
from tests.heads.predicting import predicted, random_backup

HEAD = HLGauss(low=0.0, high=4.0, bins=4, sigma_ratio=0.5)


def test_action_values_are_the_means_of_the_bins_centres():
    # Centres ½, 1½, 2½, 3½
    law = jnp.array([[[0.25, 0.25, 0.25, 0.25], [0.0, 0.0, 0.5, 0.5]]])
    np.testing.assert_allclose(HEAD.q_values(jnp.log(law) - 1.0), [[2.0, 3.0]], rtol=1e-6)


def test_a_target_is_the_mass_of_a_normal_law_in_each_bin():
    edges = np.arange(5.0)
    for value in (0.1, 2.0, 3.9):
        below = stats.norm.cdf(edges, value, 0.5)
        expected = np.diff(below) / (below[-1] - below[0])
        np.testing.assert_allclose(HEAD.from_return(jnp.array([value]))[0], expected, atol=1e-6)


def test_a_value_on_the_middle_edge_is_shared_evenly():
    law = HEAD.from_return(jnp.array([2.0]))[0]
    # Φ(2) − Φ(0) = 0.4772 and Φ(4) − Φ(2) = 0.0227 on either side
    np.testing.assert_allclose(law, [0.0227, 0.4773, 0.4773, 0.0227], atol=1e-4)


def test_the_loss_is_the_cross_entropy_of_the_taken_action():
    law = jnp.array([[[0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25]]])
    result = HEAD.loss(jnp.log(law), jnp.array([0]), jnp.array([[0.5, 0.0, 0.0, 0.5]]))
    np.testing.assert_allclose(result.loss, [-0.5 * np.log(0.04)], rtol=1e-6)
    np.testing.assert_allclose(result.value, [2.5], rtol=1e-6)
    np.testing.assert_allclose(result.error, [2.0 - 2.5], atol=1e-6)


@pytest.mark.parametrize("rescaling", [Unscaled(), SquareRoot(epsilon=0.01)])
def test_a_backup_is_what_is_made_of_the_scalar_backups_return(rescaling):
    head = HLGauss(low=-6.0, high=6.0, bins=40, rescaling=rescaling)
    prediction = predicted(head)
    reward, discount, backup = random_backup()
    returns = scalar_backup(reward, discount, head.q_values(prediction), backup)
    expected = head.from_return(returns)
    found = head.backup(reward, discount, prediction, backup)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(found.sum(-1), np.ones(len(returns)), atol=1e-5)


def test_what_a_return_stands_for_has_its_value_on_every_scale():
    """A prediction that is the target of a return is worth that return."""
    returns = jnp.array([-30.0, -1.0, 0.0, 0.5, 60.0])
    head = HLGauss(low=-15.0, high=15.0, bins=60, rescaling=SquareRoot(epsilon=0.1))
    law = head.from_return(returns)
    worth = head.q_values(jnp.log(law + 1e-20)[:, None])[:, 0]
    # The mean in bins is exact to 1e-3 of the scale of h, whose inverse is at most 6 times as steep
    np.testing.assert_allclose(worth, returns, atol=6e-3)
