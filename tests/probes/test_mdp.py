"""The probes' own answers, by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax.envs.vectorised import Vectorised
from tests.probes import mdp
from tests.probes.mdp import Probe, value_iteration

GAMMA = 0.8


def test_the_value_of_a_step_into_the_end_is_its_reward():
    assert value_iteration(mdp.constant_reward(), GAMMA)[0] == pytest.approx([1.0, 1.0])


def test_a_reward_one_step_away_is_discounted_once():
    assert value_iteration(mdp.delayed_reward(), GAMMA)[:2, 0] == pytest.approx([0.8, 1.0])


def test_a_cut_episode_is_worth_what_it_would_be_without_the_cut():
    # 1 / (1 − 0.8) = 5; as an end after three steps it would be 1 + 0.8 + 0.64 = 2.44.
    assert value_iteration(mdp.cut_short(), GAMMA)[0] == pytest.approx([5.0, 5.0])


def test_a_corridor_is_worth_a_power_of_gamma():
    # 0.8⁴, 0.8³, 0.8², 0.8, 1
    expected = [0.4096, 0.512, 0.64, 0.8, 1.0]
    assert value_iteration(mdp.corridor(5), GAMMA)[:5, 1] == pytest.approx(expected)


def test_a_slippery_corridor_solves_its_linear_equation():
    # v₂ = ¾ + ¼ · 0.8 v₂ ⇒ v₂ = 0.75 / 0.8; v_i = ¾ · 0.8 v_{i+1} + 0.2 v_i ⇒ v_i = 0.75 v_{i+1}
    last = 0.75 / 0.8
    expected = [last * 0.75**2, last * 0.75, last]
    assert value_iteration(mdp.slippery_corridor(3), GAMMA)[:3, 0] == pytest.approx(expected)


def test_the_detour_is_worth_more_than_the_small_reward():
    # Q(1, 0) = 1; Q(0, 1) = −0.1 + 0.8 · 1 = 0.7; Q(0, 0) = 0.5; Q(1, 1) = 0.8 · 0.7 = 0.56
    expected = np.array([[0.5, 0.7], [1.0, 0.56]])
    assert value_iteration(mdp.choices(), GAMMA)[:2] == pytest.approx(expected)


def test_side_by_side_keeps_every_value():
    parts = [*mdp.FORCED.values(), *mdp.FREE.values()]
    together = value_iteration(mdp.side_by_side(parts, 4), GAMMA)
    apart = np.concatenate([value_iteration(part, GAMMA) for part in parts])
    np.testing.assert_allclose(together, apart)


def test_states_that_are_never_seen_do_not_count_as_visited():
    assert mdp.visited(mdp.choices()).tolist() == [0, 1]
    assert mdp.visited(mdp.corridor(3)).tolist() == [0, 1, 2]


def test_a_probe_moves_as_its_arrays_say():
    env = Vectorised(Probe(mdp.slippery_corridor(3)), 4_000)
    state, timestep = jax.jit(env.init)(jax.random.key(0))
    counts = np.bincount(np.asarray(timestep.observation), minlength=4)
    # Begun in each of three states with 1/3: 1333 ± 5 standard deviations of 30
    assert np.abs(counts[:3] - 4_000 / 3).max() < 150
    assert counts[3] == 0
    _, after = jax.jit(env.step)(state, jnp.zeros(4_000, jnp.int32))
    moved = np.asarray(after.observation) != np.asarray(timestep.observation)
    assert moved.mean() == pytest.approx(0.75, abs=0.035)  # 5 · √(0.75 · 0.25 / 4000) = 0.034
    at_end = np.asarray(after.observation) == 3
    np.testing.assert_array_equal(np.asarray(after.terminated), at_end)
    np.testing.assert_array_equal(np.asarray(after.reward), at_end.astype(np.float32))
