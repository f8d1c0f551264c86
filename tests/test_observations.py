"""The stage before the network."""

import jax.numpy as jnp
import numpy as np
import pytest

from qlax.observations import Raw, ScaleToBounds, dense
from qlax.spaces import Box, Discrete


def test_raw_changes_nothing():
    space = Box(shape=(2,), dtype="uint8", low=0.0, high=255.0)
    observation = jnp.array([[0, 255]], jnp.uint8)
    result, after = Raw()(observation, space)
    assert result is observation
    assert after == space


def test_bounds_become_minus_one_and_one():
    space = Box(shape=(2,), dtype="float32", low=(-1.2, -0.07), high=(0.6, 0.07))
    result, after = ScaleToBounds()(jnp.array([[-1.2, -0.07], [0.6, 0.07], [-0.3, 0.035]]), space)
    # The middle of [−1.2, 0.6] is −0.3; half of 0.07 is halfway up.
    np.testing.assert_allclose(result, [[-1, -1], [1, 1], [0, 0.5]], atol=1e-6)
    assert after == Box(shape=(2,), dtype="float32", low=-1.0, high=1.0)


@pytest.mark.parametrize("limit", [np.inf, 3.4e38, 1e6])
def test_unbounded_entries_are_left_alone(limit):
    space = Box(shape=(2,), dtype="float32", low=(0.0, -limit), high=(10.0, limit))
    result, after = ScaleToBounds()(jnp.array([[5.0, 123.0], [10.0, -7.0]]), space)
    np.testing.assert_allclose(result, [[0.0, 123.0], [1.0, -7.0]])
    assert after.low == (-1.0, -limit)
    assert after.high == (1.0, limit)


def test_half_bounded_entries_are_left_alone():
    space = Box(shape=(1,), dtype="float32", low=0.0, high=float("inf"))
    result, _ = ScaleToBounds()(jnp.array([[5.0]]), space)
    np.testing.assert_allclose(result, [[5.0]])


def test_bytes_are_scaled_as_numbers():
    space = Box(shape=(1, 2), dtype="uint8", low=0.0, high=255.0)
    result, after = ScaleToBounds()(jnp.array([[[0, 255]]], jnp.uint8), space)
    np.testing.assert_allclose(result, [[[-1.0, 1.0]]], atol=1e-6)
    assert after.dtype == "float32"


def test_discrete_states_are_left_alone():
    states = jnp.array([0, 3])
    result, after = ScaleToBounds()(states, Discrete(4))
    np.testing.assert_array_equal(result, states)
    assert after == Discrete(4)


def test_dense_makes_discrete_states_one_hot():
    np.testing.assert_array_equal(dense(jnp.array([2, 0]), Discrete(3)), [[0, 0, 1], [1, 0, 0]])


def test_dense_makes_numbers_float32():
    result = dense(jnp.array([[7]], jnp.uint8), Box(shape=(1,), dtype="uint8", low=0.0, high=9.0))
    assert result.dtype == jnp.float32
    assert float(result[0, 0]) == 7.0
