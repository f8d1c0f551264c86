"""What the learner is paid."""

import jax.numpy as jnp
import numpy as np

from qlax.rewards import Clipped, ReplaceLast, Unchanged

REWARD = jnp.array([-5.0, 0.5, 3.0])
DONE = jnp.array([False, True, True])


def test_unchanged_changes_nothing():
    np.testing.assert_array_equal(Unchanged()(REWARD, DONE), REWARD)


def test_clipped_keeps_to_its_limits():
    np.testing.assert_array_equal(Clipped()(REWARD, DONE), [-1.0, 0.5, 1.0])
    np.testing.assert_array_equal(Clipped(low=-2.0, high=0.0)(REWARD, DONE), [-2.0, 0.0, 0.0])


def test_the_last_reward_is_replaced_however_the_episode_ended():
    np.testing.assert_array_equal(ReplaceLast(value=-10.0)(REWARD, DONE), [-5.0, -10.0, -10.0])
