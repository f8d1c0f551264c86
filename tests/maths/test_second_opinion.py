"""The same targets and errors from rlax, over random batches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import rlax

from qlax.bootstraps import Double, Greedy, NextValues
from qlax.heads import Scalar
from qlax.maths.returns import n_step_return

BATCH, ACTIONS = 64, 5


@pytest.fixture(name="batch", params=range(3))
def _batch(request):
    keys = jax.random.split(jax.random.key(request.param), 6)
    return {
        "now": jax.random.normal(keys[0], (BATCH, ACTIONS)),
        "action": jax.random.randint(keys[1], (BATCH,), 0, ACTIONS),
        "reward": jax.random.normal(keys[2], (BATCH,)),
        "discount": jax.random.uniform(keys[3], (BATCH,)).at[::7].set(0.0),
        "online_next": jax.random.normal(keys[4], (BATCH, ACTIONS)),
        "target_next": jax.random.normal(keys[5], (BATCH, ACTIONS)),
    }


def errors_of(bootstrap, batch, head):
    values = NextValues(
        online_next=batch["online_next"],
        target_next=batch["target_next"],
        target_now=jnp.zeros_like(batch["now"]),
        action=batch["action"],
        next_action=jnp.zeros_like(batch["action"]),
        behaviour_next=None,
        legal_now=None,
        legal_next=None,
    )
    target = head.backup(
        batch["reward"], batch["discount"], batch["target_next"], bootstrap(values)
    )
    return head.loss(batch["now"], batch["action"], target)


def test_greedy_errors_are_those_of_q_learning(batch):
    theirs = jax.vmap(rlax.q_learning)(
        batch["now"], batch["action"], batch["reward"], batch["discount"], batch["target_next"]
    )
    ours = errors_of(Greedy(), batch, Scalar())
    np.testing.assert_allclose(ours.error, theirs, atol=1e-6)


def test_double_errors_are_those_of_double_q_learning(batch):
    theirs = jax.vmap(rlax.double_q_learning)(
        batch["now"],
        batch["action"],
        batch["reward"],
        batch["discount"],
        batch["target_next"],
        batch["online_next"],
    )
    ours = errors_of(Double(), batch, Scalar())
    np.testing.assert_allclose(ours.error, theirs, atol=1e-6)


def test_losses_are_those_of_rlax(batch):
    huber = errors_of(Greedy(), batch, Scalar(loss_function="huber"))
    squared = errors_of(Greedy(), batch, Scalar(loss_function="squared"))
    np.testing.assert_allclose(huber.loss, rlax.huber_loss(huber.error), atol=1e-6)
    np.testing.assert_allclose(squared.loss, rlax.l2_loss(squared.error), atol=1e-6)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_n_step_targets_are_those_of_rlax(n):
    """One long sequence, every window of which lies within it."""
    rng = np.random.default_rng(n)
    length, gamma = 40, 0.9
    rewards = rng.normal(size=length).astype(np.float32)
    terminated = rng.random(length) < 0.1
    values = rng.normal(size=length).astype(np.float32)  # v(s_{t+1})
    theirs = rlax.n_step_bootstrapped_returns(
        jnp.array(rewards), jnp.array(gamma * ~terminated, jnp.float32), jnp.array(values), n
    )
    windows = np.arange(length - n + 1)[:, None] + np.arange(n)
    result = n_step_return(
        jnp.array(rewards[windows]),
        jnp.array(terminated[windows]),
        jnp.zeros(windows.shape, bool),
        gamma,
    )
    ours = result.reward + result.discount * values[windows[:, 0] + np.asarray(result.length) - 1]
    np.testing.assert_allclose(ours, theirs[: length - n + 1], atol=1e-5)
