"""Sums of rewards, by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax.maths.returns import n_step_return


@pytest.fixture(params=["plain", "jitted"], name="compute")
def _compute(request):
    return jax.jit(n_step_return) if request.param == "jitted" else n_step_return


def flags(*steps, n=3):
    """Return n booleans, true at the given steps."""
    return jnp.isin(jnp.arange(n), jnp.array(steps, jnp.int32))


NEVER = flags()
REWARDS = jnp.array([1.0, 2.0, 4.0])


def test_one_step_is_the_reward_and_gamma(compute):
    result = compute(jnp.array([3.0]), jnp.array([False]), jnp.array([False]), 0.9)
    assert float(result.reward) == 3.0
    assert float(result.discount) == pytest.approx(0.9)
    assert int(result.length) == 1


def test_one_step_into_a_terminal_state_bootstraps_nothing(compute):
    result = compute(jnp.array([3.0]), jnp.array([True]), jnp.array([False]), 0.9)
    assert (float(result.reward), float(result.discount), int(result.length)) == (3.0, 0.0, 1)


def test_three_steps_bootstrap_with_gamma_cubed(compute):
    result = compute(REWARDS, NEVER, NEVER, 0.5)
    # 1 + ½ · 2 + ¼ · 4 = 3, and 0.5³ = 0.125
    assert (float(result.reward), float(result.discount), int(result.length)) == (3.0, 0.125, 3)


@pytest.mark.parametrize(
    ("end", "reward"),
    [(0, 1.0), (1, 2.0), (2, 3.0)],  # 1; 1 + ½ · 2; 1 + ½ · 2 + ¼ · 4
)
def test_termination_ends_the_sum_and_the_bootstrap(compute, end, reward):
    result = compute(REWARDS, flags(end), NEVER, 0.5)
    assert (float(result.reward), float(result.discount)) == (reward, 0.0)
    assert int(result.length) == end + 1


@pytest.mark.parametrize(
    ("end", "reward", "discount"),
    [(0, 1.0, 0.5), (1, 2.0, 0.25), (2, 3.0, 0.125)],  # γ¹, γ², γ³: as many as steps were taken
)
def test_truncation_ends_the_sum_but_not_the_bootstrap(compute, end, reward, discount):
    result = compute(REWARDS, NEVER, flags(end), 0.5)
    assert (float(result.reward), float(result.discount)) == (reward, discount)
    assert int(result.length) == end + 1


def test_an_end_in_the_next_episode_does_not_count(compute):
    # Cut at step 0; the terminal step 2 belongs to another episode.
    result = compute(REWARDS, flags(2), flags(0), 0.5)
    assert (float(result.reward), float(result.discount), int(result.length)) == (1.0, 0.5, 1)


def test_an_earlier_termination_outweighs_a_later_truncation(compute):
    result = compute(REWARDS, flags(1), flags(2), 0.5)
    assert (float(result.reward), float(result.discount), int(result.length)) == (2.0, 0.0, 2)


@pytest.mark.parametrize("later", [1e6, -7.0, 1e30])
def test_rewards_after_the_end_never_count(compute, later):
    result = compute(jnp.array([1.0, later, later]), flags(0), NEVER, 0.5)
    assert float(result.reward) == 1.0


def test_gamma_zero_sees_only_the_first_reward(compute):
    result = compute(REWARDS, NEVER, NEVER, 0.0)
    assert (float(result.reward), float(result.discount)) == (1.0, 0.0)


def test_gamma_one_is_the_plain_sum(compute):
    result = compute(REWARDS, NEVER, flags(1), 1.0)
    assert (float(result.reward), float(result.discount)) == (3.0, 1.0)


def test_leading_axes_are_batches(compute):
    rewards = jnp.broadcast_to(REWARDS, (4, 5, 3))
    never = jnp.zeros((4, 5, 3), bool)
    result = compute(rewards, never, never, 0.5)
    np.testing.assert_array_equal(result.reward, np.full((4, 5), 3.0))
    assert result.discount.shape == result.length.shape == (4, 5)
    assert result.length.dtype == jnp.int32


def test_it_agrees_with_a_loop_over_random_episodes(compute):
    rng = np.random.default_rng(0)
    rewards = rng.normal(size=(500, 5)).astype(np.float32)
    terminated, truncated = rng.random((2, 500, 5)) < 0.15
    truncated &= ~terminated
    result = compute(jnp.array(rewards), jnp.array(terminated), jnp.array(truncated), 0.9)
    for row in range(500):
        total, discount, length = 0.0, 1.0, 0
        for step in range(5):
            total += discount * rewards[row, step]
            discount *= 0.9
            length += 1
            if terminated[row, step]:
                discount = 0.0
            if terminated[row, step] or truncated[row, step]:
                break
        assert float(result.reward[row]) == pytest.approx(total, abs=1e-5)
        assert float(result.discount[row]) == pytest.approx(discount, abs=1e-6)
        assert int(result.length[row]) == length


def test_the_discount_can_be_mapped_over():
    gammas = jnp.array([0.0, 0.5, 1.0])
    mapped = jax.vmap(lambda gamma: n_step_return(REWARDS, NEVER, NEVER, gamma))(gammas)
    np.testing.assert_allclose(mapped.reward, [1.0, 3.0, 7.0])
    np.testing.assert_allclose(mapped.discount, [0.0, 0.125, 1.0])
