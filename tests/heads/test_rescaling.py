"""h and its inverse."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import rlax

from qlax.heads import Scalar, SquareRoot, Unscaled
from qlax.maths.bootstrap import Backup

VALUES = jnp.concatenate([jnp.linspace(-3.0, 3.0, 61), jnp.array([-1e5, -1e3, -50.0, 50.0, 1e5])])
EPSILONS = [1e-3, 1e-2, 0.5]


def test_unscaled_changes_nothing():
    np.testing.assert_array_equal(Unscaled()(VALUES), VALUES)
    np.testing.assert_array_equal(Unscaled().inverse(VALUES), VALUES)


def test_the_square_root_by_hand():
    # √(3 + 1) − 1 + 0.1 · 3 = 1.3; √(8 + 1) − 1 + 0.8 = 2.8; and odd
    found = SquareRoot(epsilon=0.1)(jnp.array([0.0, 3.0, 8.0, -3.0, -8.0]))
    np.testing.assert_allclose(found, [0.0, 1.3, 2.8, -1.3, -2.8], rtol=1e-6)


def test_its_inverse_by_hand():
    found = SquareRoot(epsilon=0.1).inverse(jnp.array([0.0, 1.3, 2.8, -1.3, -2.8]))
    np.testing.assert_allclose(found, [0.0, 3.0, 8.0, -3.0, -8.0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_it_is_rlaxs_signed_hyperbolic(epsilon):
    ours = SquareRoot(epsilon=epsilon)(VALUES)
    np.testing.assert_allclose(ours, rlax.signed_hyperbolic(VALUES, epsilon), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_its_inverse_is_rlaxs_signed_parabolic(epsilon):
    """Theirs, in float32, loses digits to a difference: so it is computed in float64."""
    scaled = jnp.linspace(-40.0, 40.0, 81)
    with jax.enable_x64(True):
        theirs = rlax.signed_parabolic(jnp.asarray(np.asarray(scaled, np.float64)), epsilon)
    ours = SquareRoot(epsilon=epsilon).inverse(scaled)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_there_and_back_is_where_it_began(epsilon):
    h = SquareRoot(epsilon=epsilon)
    np.testing.assert_allclose(h.inverse(h(VALUES)), VALUES, rtol=2e-5, atol=1e-6)
    small = jnp.linspace(-40.0, 40.0, 81)
    np.testing.assert_allclose(h(h.inverse(small)), small, rtol=2e-5, atol=1e-6)


def test_tiny_values_are_not_lost():
    h = SquareRoot(epsilon=1e-3)
    tiny = jnp.array([1e-3, 1e-2, -1e-3])
    np.testing.assert_allclose(h.inverse(h(tiny)), tiny, rtol=1e-3)


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_it_rises_everywhere_with_a_slope_of_at_least_epsilon(epsilon):
    slopes = jax.vmap(jax.grad(SquareRoot(epsilon=epsilon)))(jnp.linspace(-1e4, 1e4, 1_000))
    assert float(slopes.min()) >= epsilon
    # ½ / √(|x| + 1) + ε
    slope = jax.grad(SquareRoot(epsilon=epsilon))(3.0)
    assert float(slope) == pytest.approx(0.25 + epsilon, rel=1e-5)


def test_a_scalar_head_predicts_h_of_values():
    head = Scalar(loss_function="squared", rescaling=SquareRoot(epsilon=0.1))
    # 1.3 and 2.8 stand for 3 and 8, as computed above.
    prediction = jnp.array([[1.3, 2.8]])
    np.testing.assert_allclose(head.q_values(prediction), [[3.0, 8.0]], rtol=1e-5)
    target = head.backup(
        jnp.array([-1.0]), jnp.array([0.5]), prediction, Backup(jnp.array([[0.0, 1.0]]))
    )
    # h(−1 + ½ · 8) = h(3) = 1.3
    np.testing.assert_allclose(target, [1.3], rtol=1e-5)
    np.testing.assert_allclose(head.from_return(jnp.array([3.0])), [1.3], rtol=1e-6)
    # The error is on the scale of predictions: 1.3 − 2.8.
    result = head.loss(prediction, jnp.array([1]), target)
    np.testing.assert_allclose(result.error, [-1.5], rtol=1e-4)
    np.testing.assert_allclose(result.loss, [1.125], rtol=1e-4)


def test_its_errors_are_those_of_rlaxs_transformed_q_lambda():
    """With λ = 0, a sequence of one-step targets."""
    keys = jax.random.split(jax.random.key(0), 5)
    now, ahead = (5.0 * jax.random.normal(key, (64, 4)) for key in keys[:2])
    action = jax.random.randint(keys[2], (64,), 0, 4)
    reward = 10.0 * jax.random.normal(keys[3], (64,))
    discount = jax.random.uniform(keys[4], (64,))
    best = jax.nn.one_hot(ahead.argmax(-1), 4)
    head = Scalar(rescaling=SquareRoot(epsilon=1e-3))
    ours = head.loss(now, action, head.backup(reward, discount, ahead, Backup(best)))
    theirs = rlax.transformed_q_lambda(
        now, action, reward, discount, ahead, 0.0, tx_pair=rlax.SIGNED_HYPERBOLIC_PAIR
    )
    np.testing.assert_allclose(ours.error, theirs, rtol=1e-3, atol=1e-3)
