"""What the learner is paid."""

import jax
import jax.numpy as jnp
import numpy as np

from qlax.rewards import Clipped, Paid, ReplaceLast, Unchanged
from tests.probes import mdp

REWARD = jnp.array([-5.0, 0.5, 3.0])
DONE = jnp.array([False, True, True])
PAID = Paid(
    REWARD,
    DONE,
    valid=jnp.ones(3, bool),
    observation=jnp.zeros(3, jnp.int32),
    discount=jnp.float32(0.9),
)


def paid_by(stage):
    """Return what the learner is paid by a stage that knows nothing, now as ever."""
    state = stage.init(jax.random.key(0), mdp.Probe(mdp.choices()).spec, 3)
    assert state == ()
    reward, state = stage(state, PAID)
    assert state == ()
    return reward


def test_unchanged_changes_nothing():
    np.testing.assert_array_equal(paid_by(Unchanged()), REWARD)


def test_clipped_keeps_to_its_limits():
    np.testing.assert_array_equal(paid_by(Clipped()), [-1.0, 0.5, 1.0])
    np.testing.assert_array_equal(paid_by(Clipped(low=-2.0, high=0.0)), [-2.0, 0.0, 0.0])


def test_the_last_reward_is_replaced_however_the_episode_ended():
    np.testing.assert_array_equal(paid_by(ReplaceLast(value=-10.0)), [-5.0, -10.0, -10.0])
