"""Rewards in other units."""

import jax.numpy as jnp
import numpy as np
import pytest

from qlax import UsageError
from qlax.rewards import Multiplied, Paid


def test_rewards_are_multiplied():
    none, all_three = jnp.zeros(3, bool), jnp.ones(3, bool)
    paid = Paid(jnp.array([-300.0, 0.0, 95.0]), none, all_three, None, jnp.float32(0.9))
    reward, state = Multiplied(factor=0.01)((), paid)
    np.testing.assert_allclose(reward, [-3.0, 0.0, 0.95], rtol=1e-6)
    assert state == ()


@pytest.mark.parametrize("factor", [0.0, -1.0, float("nan"), float("inf")])
def test_factors_that_mean_nothing_are_refused(factor):
    with pytest.raises(UsageError, match=r"Multiplied\.factor"):
        Multiplied(factor=factor)
