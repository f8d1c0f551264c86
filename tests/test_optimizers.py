"""Steps, compared with optax's own."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from qlax.heads import Loss
from qlax.optimizers import SGD, Adam, RMSProp, Signal
from qlax.schedules import Linear, value_at

PARAMS = {"a": jnp.array([1.0, -2.0]), "b": jnp.array(3.0)}
# What these optimisers have no use for.
SIGNAL = Signal(
    error=jnp.ones(2),
    discount=jnp.float32(0.9),
    counts=jnp.ones(2, bool),
    greedy=jnp.zeros(2, bool),
)


def gradient(params, step):
    return jax.tree.map(lambda p: p * (1.0 + step) + 0.5, params)


def ours(optimizer, steps, void_after=()):
    """Return parameters after some steps; after those in `void_after` follows one that is none."""
    transformation, params = optimizer.transformation(), PARAMS
    state = transformation.init(params)
    for step in range(steps):
        direction, state = transformation.update(
            gradient(params, step), state, params, signal=SIGNAL
        )
        rate = value_at(optimizer.learning_rate, jnp.int32(step))
        params = jax.tree.map(lambda p, d, rate=rate: p - rate * d, params, direction)
        if step in void_after:
            nothing = jax.tree.map(jnp.zeros_like, params)
            void = SIGNAL._replace(counts=jnp.zeros(2, bool))
            direction, state = transformation.update(nothing, state, params, signal=void)
            jax.tree.map(np.testing.assert_array_equal, direction, nothing)
    return params


def theirs(transformation, steps):
    params = PARAMS
    state = transformation.init(params)
    for step in range(steps):
        updates, state = transformation.update(gradient(params, step), state, params)
        params = optax.apply_updates(params, updates)
    return params


def line(step):
    return 0.1 - 0.01 * jnp.minimum(step, 5)


@pytest.mark.parametrize(
    ("optimizer", "transformation"),
    [
        (SGD(learning_rate=0.1), optax.sgd(0.1)),
        (SGD(learning_rate=Linear(start=0.1, end=0.05, steps=5)), optax.sgd(line)),
        (
            SGD(learning_rate=0.1, max_grad_norm=0.7),
            optax.chain(optax.clip_by_global_norm(0.7), optax.sgd(0.1)),
        ),
        (Adam(learning_rate=0.1), optax.adam(0.1)),
        (Adam(learning_rate=Linear(start=0.1, end=0.05, steps=5)), optax.adam(line)),
        (
            Adam(learning_rate=0.1, beta1=0.5, beta2=0.9, epsilon=1e-3),
            optax.adam(0.1, b1=0.5, b2=0.9, eps=1e-3),
        ),
        (
            Adam(learning_rate=0.1, max_grad_norm=0.7),
            optax.chain(optax.clip_by_global_norm(0.7), optax.adam(0.1)),
        ),
    ],
)
def test_ten_steps_are_those_of_optax(optimizer, transformation):
    expected = theirs(transformation, 10)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6),
        ours(optimizer, 10),
        expected,
    )


def test_a_step_of_sgd_by_hand():
    # θ − 0.1 (θ · 1 + 0.5): 1 − 0.15, −2 + 0.15, 3 − 0.35
    after = ours(SGD(learning_rate=0.1), 1)
    np.testing.assert_allclose(after["a"], [0.85, -1.85], rtol=1e-6)
    np.testing.assert_allclose(after["b"], 2.65, rtol=1e-6)


@pytest.mark.parametrize("optimizer", [SGD(), Adam()])
def test_it_is_the_loss_that_is_made_small(optimizer):
    found = optimizer.objective(
        Loss(loss=jnp.array([1.0, 2.0]), error=jnp.array([3.0, 4.0]), value=jnp.array([5.0, 6.0]))
    )
    np.testing.assert_array_equal(found, [1.0, 2.0])


@pytest.mark.parametrize("optimizer", [SGD(), Adam(), Adam(max_grad_norm=0.1), RMSProp()])
def test_a_batch_in_which_nothing_counts_is_passed_over(optimizer):
    found, expected = ours(optimizer, 5, void_after=(0, 2, 3)), ours(optimizer, 5)
    jax.tree.map(np.testing.assert_array_equal, found, expected)
