"""Rewards divided by the deviation of returns, beside NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qlax
from qlax import UsageError, optimizers, replay
from qlax.rewards import Clipped, Paid, ScaledByReturns
from qlax.schedules import Exponential
from tests.probes import mdp
from tests.probes.training import DISCOUNT, agent_for_probes, learned_q_values, trained

PROBE = mdp.Probe(mdp.choices())
SPEC = PROBE.spec


def paid(reward, done=None, valid=None, discount=0.99):
    reward = jnp.asarray(reward, jnp.float32)
    none = np.zeros(len(reward), bool)
    return Paid(
        reward=reward,
        done=jnp.asarray(none if done is None else done),
        valid=jnp.asarray(~none if valid is None else valid),
        observation=jnp.zeros(len(reward), jnp.int32),
        discount=jnp.float32(discount),
    )


def test_the_first_rewards_by_hand():
    stage = ScaledByReturns(discount=0.5)
    state = stage.init(jax.random.key(0), SPEC, 1)
    # One return has no variance: the reward stays.
    reward, state = stage(state, paid([4.0]))
    np.testing.assert_allclose(reward, [4.0])
    # u = ½ · 4 + 6 = 8; of 4 and 8 the deviation is 2.
    reward, state = stage(state, paid([6.0]))
    np.testing.assert_allclose(reward, [3.0])
    # u = ½ · 8 − 4 = 0; of 4, 8 and 0 the variance is 32/3. The sign stays.
    reward, state = stage(state, paid([-4.0]))
    np.testing.assert_allclose(reward, [-4.0 / (32 / 3) ** 0.5], rtol=1e-6)


def test_returns_are_discounted_as_the_agents_are():
    stage = ScaledByReturns()
    state = stage.init(jax.random.key(0), SPEC, 1)
    for reward in (4.0, 6.0):
        _, state = stage(state, paid([reward], discount=0.5))
    np.testing.assert_allclose(state.returns, [0.5 * 4.0 + 6.0])


def test_a_sweep_scales_by_the_discount_of_each_trial():
    agent = agent_for_probes(reward=ScaledByReturns(), learning_starts=64)
    discounts = (0.5, 0.9)
    swept = qlax.sweep(PROBE, agent, discounts=discounts, seeds=(0,), steps=320, eval_episodes=0)
    for discount, trial in zip(discounts, swept, strict=True):
        told = agent.replace(discount=discount, reward=ScaledByReturns(discount=discount))
        (alone,) = qlax.sweep(PROBE, told, steps=320, eval_episodes=0)
        states = np.arange(3)
        np.testing.assert_allclose(
            trial.policy.q_values(states), alone.policy.q_values(states), rtol=1e-4
        )
    wrong = agent.replace(discount=0.5, reward=ScaledByReturns(discount=0.99))
    (other,) = qlax.sweep(PROBE, wrong, steps=320, eval_episodes=0)
    assert np.abs(other.policy.q_values(states) - swept[0].policy.q_values(states)).max() > 0.01


def test_an_episode_begins_with_no_return():
    stage = ScaledByReturns(discount=0.5)
    state = stage.init(jax.random.key(0), SPEC, 2)
    _, state = stage(state, paid([4.0, 4.0]))
    _, state = stage(state, paid([2.0, 2.0], done=[True, False]))
    # The last reward belongs to the episode it ends.
    np.testing.assert_allclose(state.returns, [4.0, 4.0])
    before = state.moments
    reward, state = stage(state, paid([0.0, 2.0], valid=[False, True]))
    np.testing.assert_allclose(state.returns, [0.0, 4.0])
    assert float(reward[0]) == 0.0
    # The step that only began an episode is no return of 0.
    assert float(state.moments.count - before.count) == 1.0
    _, state = stage(state, paid([1.0, 1.0]))
    np.testing.assert_allclose(state.returns, [1.0, 3.0])


def test_a_long_stream_of_several_environments_is_that_of_numpy():
    rng = np.random.default_rng(0)
    stage = ScaledByReturns(discount=0.9)
    state = stage.init(jax.random.key(0), SPEC, 3)
    step = jax.jit(stage.__call__)
    returns, seen, resets = np.zeros(3), [], np.zeros(3, bool)
    for _ in range(300):
        reward = np.where(resets, 0.0, rng.normal(2.0, 3.0, 3))
        done = ~resets & (rng.random(3) < 0.2)
        ours, state = step(state, paid(reward, done, ~resets))
        returns = np.where(resets, 0.0, 0.9 * returns + reward)
        seen += returns[~resets].tolist()
        deviation = np.std(seen) if len(seen) > 1 else 1.0
        np.testing.assert_allclose(ours, reward / deviation, rtol=1e-4, atol=1e-6)
        resets = done
    assert len(seen) < 850


def test_steps_that_only_begin_episodes_change_no_statistics():
    stage = ScaledByReturns()
    state = stage.init(jax.random.key(0), SPEC, 2)
    _, state = stage(state, paid([1.0, 2.0], done=[True, True]))
    reward, after = stage(state, paid([0.0, 0.0], valid=[False, False]))
    np.testing.assert_array_equal(reward, [0.0, 0.0])
    assert after.moments == state.moments


def test_the_stage_before_comes_first():
    stage = ScaledByReturns(reward=Clipped(low=-1.0, high=1.0))
    reward, state = stage(stage.init(jax.random.key(0), SPEC, 1), paid([50.0]))
    np.testing.assert_array_equal(reward, [1.0])
    np.testing.assert_array_equal(state.returns, [1.0])


def test_values_are_learned_on_the_new_scale():
    """q · deviation is Q*, whatever the environment's own scale."""
    process = mdp.choices()
    large = process._replace(reward=1_000.0 * process.reward)
    agent = agent_for_probes(
        replay=replay.Latest(),
        learning_starts=16,
        optimizer=optimizers.SGD(learning_rate=Exponential(start=4.0, rate=0.998, end=0.1)),
        reward=ScaledByReturns(discount=DISCOUNT),
    )
    state = trained(agent, large, 4_000)
    moments = state.agent.learner.reward.moments
    deviation = float(moments.squares / moments.count) ** 0.5
    assert 100.0 < deviation < 1_000.0
    learned = learned_q_values(agent, state, large)[:2] * deviation / 1_000.0
    np.testing.assert_allclose(learned, mdp.value_iteration(process, DISCOUNT)[:2], atol=0.05)


@pytest.mark.parametrize(
    ("field", "value"), [("discount", -0.1), ("discount", 1.1), ("epsilon", 0.0), ("reward", 1.0)]
)
def test_impossible_values_are_refused(field, value):
    with pytest.raises(UsageError, match=rf"ScaledByReturns\.{field} is .*, but must be "):
        ScaledByReturns(**{field: value})
