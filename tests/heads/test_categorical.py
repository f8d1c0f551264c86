"""C51, by hand."""

import jax
import jax.numpy as jnp
import numpy as np

from qlax.heads import C51
from qlax.maths.bootstrap import Backup

HEAD = C51(low=0.0, high=2.0, atoms=3)
# Probabilities of 0, 1 and 2, of two actions in two states
LAW = jnp.array([[[0.25, 0.5, 0.25], [0.1, 0.4, 0.5]], [[0.5, 0.25, 0.25], [0.2, 0.2, 0.6]]])
LOGITS = jnp.log(LAW) + 5.0


def test_action_values_are_the_means():
    np.testing.assert_allclose(HEAD.q_values(LOGITS), [[1.0, 1.4], [0.75, 1.4]], atol=1e-6)


def test_a_target_by_hand():
    backup = Backup(jnp.array([[0.0, 1.0], [0.5, 0.5]]))
    target = HEAD.backup(jnp.array([0.5, 0.0]), jnp.array([0.0, 1.0]), LOGITS, backup)
    # All at ½; and the mean of both actions' laws as it is
    np.testing.assert_allclose(target, [[0.5, 0.5, 0.0], [0.35, 0.225, 0.425]], atol=1e-6)


def test_the_loss_is_the_cross_entropy_of_the_taken_action():
    target = jnp.array([[0.0, 1.0, 0.0], [0.2, 0.2, 0.6]])
    result = HEAD.loss(LOGITS, jnp.array([0, 1]), target)
    entropy = -(0.4 * np.log(0.2) + 0.6 * np.log(0.6))
    np.testing.assert_allclose(result.loss, [np.log(2.0), entropy], rtol=1e-5)
    np.testing.assert_allclose(result.error, [0.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(result.value, [1.0, 1.4], rtol=1e-6)


def test_returns_beyond_the_atoms_count_as_the_outermost():
    target = HEAD.backup(
        jnp.array([7.0, -7.0]), jnp.zeros(2), LOGITS, Backup(jnp.array([[1.0, 0.0], [1.0, 0.0]]))
    )
    np.testing.assert_allclose(target, [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]], atol=1e-6)


def test_the_law_itself_is_learned_not_only_its_mean():
    """Rewards 0 (⅔) and 2 (⅓), one after the other; nothing follows."""
    policy = Backup(jnp.ones((3, 1)))
    target = HEAD.backup(jnp.array([0.0, 0.0, 2.0]), jnp.zeros(3), jnp.zeros((3, 1, 3)), policy)

    def loss(logits):
        each = jnp.broadcast_to(logits, (3, 1, 3))
        return HEAD.loss(each, jnp.zeros(3, jnp.int32), target).loss.mean()

    learned = jax.lax.fori_loop(
        0, 2_000, lambda _, logits: logits - jax.grad(loss)(logits), jnp.zeros(3)
    )
    np.testing.assert_allclose(jax.nn.softmax(learned), [2 / 3, 0.0, 1 / 3], atol=2e-3)
