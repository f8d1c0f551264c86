"""Whose parameters bootstrap."""

import jax.numpy as jnp
import numpy as np
import pytest

from qlax.targets import Online, Periodic, Polyak

START = {"w": jnp.array([0.0, 8.0])}


def online(update):
    return {"w": jnp.array([1.0 * update, 100.0 + update])}


def updated(target, state, params, update):
    """Return the target's state after an update, which must leave the online parameters alone."""
    after, state = target.update(state, params, jnp.int32(update))
    assert after is params
    return state


@pytest.mark.parametrize("period", [1, 3])
def test_a_copy_is_taken_at_exactly_every_period_th_update(period):
    target = Periodic(period=period)
    state = target.init(START)
    for update in range(1, 10):
        state = updated(target, state, online(update), update)
        newest_copy = update - update % period
        expected = online(newest_copy) if newest_copy else START
        np.testing.assert_array_equal(target.params(state, online(update))["w"], expected["w"])


def test_polyak_moves_a_share_of_the_way():
    target = Polyak(tau=0.25)
    state = target.init(START)
    state = updated(target, state, {"w": jnp.array([4.0, 0.0])}, 1)
    # 0 + ¼ · 4 = 1; 8 + ¼ · (0 − 8) = 6
    np.testing.assert_allclose(target.params(state, None)["w"], [1.0, 6.0])
    state = updated(target, state, {"w": jnp.array([4.0, 0.0])}, 2)
    # 1 + ¼ · 3 = 1.75; 6 − 1.5 = 4.5
    np.testing.assert_allclose(target.params(state, None)["w"], [1.75, 4.5])


def test_polyak_with_the_whole_share_is_a_copy():
    target = Polyak(tau=1.0)
    state = updated(target, target.init(START), online(3), 1)
    np.testing.assert_allclose(target.params(state, None)["w"], online(3)["w"])


def test_without_a_target_network_the_online_one_serves():
    target = Online()
    state = updated(target, target.init(START), online(1), 1)
    assert target.params(state, online(5))["w"].tolist() == [5.0, 105.0]
    assert state == ()


@pytest.mark.parametrize("target", [Periodic(), Polyak()])
def test_the_copy_is_not_the_original(target):
    state = target.init(START)
    assert state["w"] is not START["w"]
    np.testing.assert_array_equal(state["w"], START["w"])


@pytest.mark.parametrize("target", [Periodic(), Polyak(), Online()])
def test_the_online_network_acts(target):
    assert target.acting_params(target.init(START), online(5))["w"].tolist() == [5.0, 105.0]
