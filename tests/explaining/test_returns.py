"""Predicted against observed returns."""

import dataclasses

import gymnasium
import jax
import numpy as np
import pytest

import qlax
from qlax import bootstraps, heads, networks, observations, replay, rewards
from qlax.envs.opening import opened
from qlax.explaining.core import LeftOut, Subject
from qlax.explaining.paid import is_known, observed, payment_of, remarks_on
from qlax.explaining.playing import Episode
from qlax.explaining.returns import alike, predicted
from qlax.policy import Policy
from qlax.runs.saved import read_run
from qlax.states import ActingParams

REWARDS = np.asarray([1.0, -2.0, 4.0], np.float32)


def episode_of(reward=REWARDS, *, terminated=True, within=None):
    steps = len(reward)
    return Episode(
        observation=np.zeros((steps, 2), np.float32),
        legal=None,
        action=np.zeros(steps, np.int32),
        reward=np.asarray(reward, np.float32),
        q_values=np.zeros((steps, 2), np.float32),
        prediction=None,
        terminated=terminated,
        within=steps if within is None else within,
    )


def policy_of(**parts):
    agent = qlax.Agent(network=networks.MLP(hidden=(4,)), **parts)
    with opened("MountainCar-v0") as source:
        spec = source.spec
    params = agent.init_params(jax.random.key(0), spec, np.zeros((1, 2), np.float32))
    stage = agent.observation.init(spec.observation)
    return Policy(agent, spec, ActingParams(params, stage))


def subject_of(policy, run=None):
    return Subject(policy=policy, source=None, run=run)


def test_rewards_are_discounted_by_the_agents_own_factor():
    policy = policy_of(discount=0.5)
    payment = payment_of(subject_of(policy))
    returns = observed(payment, policy.agent, episode_of())
    np.testing.assert_allclose(returns, [1 + 0.5 * (-2 + 0.5 * 4), -2 + 0.5 * 4, 4])


@pytest.mark.parametrize(
    ("stage", "expected", "factor"),
    [
        (rewards.Clipped(), [1, -1, 1], 1.0),
        (rewards.Multiplied(factor=0.01), [1, -2, 4], 0.01),
        (rewards.ReplaceLast(value=-10.0), [1, -2, -10], 1.0),
        (rewards.Novelty(), [1, -2, 4], 1.0),
        (rewards.Novelty(reward=rewards.Clipped()), [1, -1, 1], 1.0),
    ],
)
def test_rewards_are_those_of_the_learner_in_units_of_the_environment(stage, expected, factor):
    policy = policy_of(discount=0.0, reward=stage)
    payment = payment_of(subject_of(policy))
    np.testing.assert_allclose(observed(payment, policy.agent, episode_of()), expected)
    assert payment.factor == factor


def test_the_last_reward_is_not_replaced_where_the_episode_went_on():
    policy = policy_of(discount=0.0, reward=rewards.ReplaceLast(value=-10.0))
    payment = payment_of(subject_of(policy))
    going_on = episode_of(terminated=False)
    np.testing.assert_allclose(observed(payment, policy.agent, going_on), REWARDS)


def test_the_scale_of_returns_is_read_from_the_checkpoint(tmp_path):
    agent = qlax.Agent(
        network=networks.MLP(hidden=(4,)),
        reward=rewards.ScaledByReturns(),
        replay=replay.Uniform(capacity=100, batch_size=4),
        learning_starts=20,
    )
    run = qlax.train("CartPole-v1", agent, steps=100, eval_episodes=0, out=tmp_path / "run")
    payment = payment_of(subject_of(run.policy, read_run(run.folder)))
    newest = sorted((run.folder / "checkpoints").glob("iteration-*"))[-1]
    with np.load(newest / "state.npz") as state:
        moments = "agent/learner/reward/moments"
        variance = state[f"{moments}/squares"] / state[f"{moments}/count"]
    np.testing.assert_allclose(payment.factor, 1 / np.sqrt(variance + 1e-8), rtol=1e-5)
    with pytest.raises(LeftOut, match="stands only in a checkpoint"):
        payment_of(subject_of(run.policy))


def test_what_a_stage_of_ones_own_makes_of_rewards_is_not_guessed():
    class Growing:
        def init(self, key, spec, num_envs):
            return np.zeros(num_envs)

        def __call__(self, state, paid):
            return paid.reward + state, state + 1

    policy = policy_of()
    agent = dataclasses.replace(policy.agent)
    object.__setattr__(agent, "reward", Growing())
    with pytest.raises(LeftOut, match="What Growing makes of rewards"):
        payment_of(subject_of(dataclasses.replace(policy, agent=agent)))


def test_only_steps_whose_return_is_known_count():
    agent = policy_of(discount=0.5).agent
    assert is_known(agent, episode_of(np.zeros(6))).all()
    # Left after six steps: from the third on, more than 0.05 of what follows is not seen.
    known = is_known(agent, episode_of(np.zeros(6), terminated=False))
    assert known.tolist() == [True, True, False, False, False, False]
    beyond = is_known(agent, episode_of(np.zeros(6), within=4))
    assert beyond.tolist() == [True] * 4 + [False] * 2
    undiscounted = policy_of(discount=1.0).agent
    assert not is_known(undiscounted, episode_of(np.zeros(6), terminated=False)).any()


def test_a_prediction_is_a_mean_also_where_actions_are_valued_by_risk():
    head = heads.QuantileRegression(quantiles=4, risk=0.25)
    agent = policy_of(head=head).agent
    prediction = np.asarray([[[0.0, 1.0, 2.0, 5.0], [0.0, 0.0, 0.0, 0.0]]], np.float32)
    seen = dataclasses.replace(
        episode_of([0.0]), prediction=prediction, q_values=np.zeros((1, 2), np.float32)
    )
    np.testing.assert_allclose(predicted(agent, seen), [2.0])
    np.testing.assert_allclose(predicted(policy_of().agent, seen), [0.0])


def test_states_are_averaged_by_what_is_predicted():
    x, y = np.asarray([1.0, 3.0, 10.0, 20.0]), np.asarray([0.0, 1.0, 8.0, 9.0])
    means, middles = alike(x, y, parts=2)
    assert (means.tolist(), middles.tolist()) == ([2.0, 15.0], [0.5, 8.5])


def test_values_that_hold_more_than_returns_are_said_to():
    assert remarks_on(policy_of().agent) == ""
    assert "Munchausen" in remarks_on(policy_of(bootstrap=bootstraps.Munchausen()).agent)
    assert "explores" in remarks_on(policy_of(bootstrap=bootstraps.ExpectedSarsa()).agent)
    assert "new" in remarks_on(policy_of(reward=rewards.Novelty()).agent)


class Line(gymnasium.Env):
    """Ten steps, each paid 1; there is nothing to choose."""

    observation_space = gymnasium.spaces.Box(0.0, 1.0, (3,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.step_number = 0
        return self._seen(), {}

    def step(self, action):
        self.step_number += 1
        return self._seen(), 1.0, self.step_number == 10, False, {}

    def _seen(self):
        return np.asarray([self.step_number / 10, self.step_number % 2, 0.5], np.float32)


def test_a_run_is_compared_with_what_its_episodes_paid(tmp_path):
    agent = qlax.Agent(
        network=networks.MLP(hidden=(8,)),
        observation=observations.Raw(),
        replay=replay.Uniform(capacity=500, batch_size=16),
        discount=0.9,
        learning_starts=50,
    )
    run = qlax.train(Line, agent, steps=300, eval_episodes=0, out=tmp_path / "run")
    explanation = qlax.explain(run, env=Line)
    names = [picture.name for picture in explanation]
    assert names == ["importance", "pairs", "pairs-gap", "returns", "visits"]
    with np.load(explanation["returns"].data) as data:
        expected = [(1 - 0.9**left) / 0.1 for left in range(10, 0, -1)]
        np.testing.assert_allclose(data["episode_observed"], expected, rtol=1e-6)
        # Episodes are short, so that each of twenty environments plays several.
        assert len(data["observed"]) == 20 * 11 * 10
        np.testing.assert_allclose(data["observed"][:10], expected, rtol=1e-6)
    bias = explanation["returns"].facts["bias"]
    with np.load(explanation["returns"].data) as data:
        np.testing.assert_allclose(bias, (data["predicted"] - data["observed"]).mean(), rtol=1e-6)
    # What does not change cannot matter.
    with np.load(explanation["importance"].data) as data:
        assert data["importance"][2] == 0.0
        assert data["importance"][0] > 0.0
    with pytest.raises(qlax.UsageError, match="environment of your own"):
        qlax.explain(run, tmp_path / "elsewhere")
