"""Gradients over their deviation."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from qlax import schedules
from qlax.optimizers import RMSProp
from tests.probes import mdp
from tests.probes.training import agent_for_probes, assert_learns_q_star


def directions(optimizer, gradients):
    transformation = optimizer.transformation()
    state, found = transformation.init(jax.tree.map(jnp.zeros_like, gradients[0])), []
    for gradient in gradients:
        direction, state = transformation.update(gradient, state)
        found.append(direction)
    return found


def test_two_steps_by_hand():
    found = directions(RMSProp(decay=0.5, epsilon=3.0), [jnp.float32(2.0), jnp.float32(4.0)])
    # E[g] = 1, E[g²] = 2: 2 / √(2 − 1 + 3)
    assert found[0] == pytest.approx(1.0)
    # E[g] = ½ + 2, E[g²] = 1 + 8: 4 / √(9 − 6.25 + 3)
    assert found[1] == pytest.approx(4.0 / 5.75**0.5)


def test_ten_steps_are_those_of_optax():
    rng = np.random.default_rng(0)
    gradients = [{"a": jnp.asarray(rng.normal(size=3), jnp.float32)} for _ in range(10)]
    ours = directions(RMSProp(decay=0.9, epsilon=0.01), gradients)
    theirs = optax.rmsprop(1.0, decay=0.9, eps=0.01, centered=True)
    state = theirs.init(gradients[0])
    for gradient, found in zip(gradients, ours, strict=True):
        expected, state = theirs.update(gradient, state)
        np.testing.assert_allclose(found["a"], -expected["a"], rtol=1e-4)


def test_gradients_are_clipped_before_anything_else():
    gradients = [jnp.array([3.0, 4.0])]
    clipped = directions(RMSProp(max_grad_norm=1.0), gradients)
    expected = directions(RMSProp(), [jnp.array([0.6, 0.8])])
    np.testing.assert_allclose(clipped[0], expected[0], rtol=1e-5)


def test_a_gradient_that_never_changes_keeps_its_direction():
    """Its variance tends to 0, from which rounding must not take anything."""
    large = jnp.asarray(np.random.default_rng(0).uniform(1.0, 1e4, 1_000), jnp.float32)
    found = np.stack(directions(RMSProp(decay=0.5, epsilon=1e-6), [large] * 60))
    assert np.isfinite(found).all()
    assert (found > 0).all()


def test_it_learns_q_star():
    optimizer = RMSProp(learning_rate=schedules.Exponential(start=0.6, rate=0.9985, end=0.02))
    process = mdp.side_by_side([*mdp.FORCED.values(), *mdp.FREE.values()], time_limit=4)
    assert_learns_q_star(agent_for_probes(optimizer=optimizer), process, 3_000)
