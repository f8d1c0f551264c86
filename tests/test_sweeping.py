"""Sweeps: side by side is the same as one by one."""

import numpy as np
import pytest

import qlax
from qlax import Agent, UsageError, networks, optimizers, replay

AGENT = Agent(
    network=networks.MLP(hidden=(8,)),
    replay=replay.Uniform(capacity=500, batch_size=8),
    learning_starts=50,
)


def test_a_sweep_is_the_same_as_separate_runs(tmp_path):
    rates, discounts = (1e-2, 1e-3), (0.9, 0.99)
    trials = qlax.sweep(
        "CartPole-v1", AGENT, learning_rates=rates, discounts=discounts, steps=400, eval_episodes=3
    )
    settings = [(trial.agent.optimizer.learning_rate, trial.agent.discount) for trial in trials]
    assert settings == [(rate, discount) for rate in rates for discount in discounts]
    for number, trial in enumerate(trials):
        alone = qlax.train(
            "CartPole-v1", trial.agent, steps=400, out=tmp_path / str(number), eval_episodes=0
        )
        observations = np.random.default_rng(0).normal(size=(16, 4)).astype(np.float32)
        np.testing.assert_allclose(
            trial.policy.q_values(observations), alone.policy.q_values(observations), rtol=1e-3
        )
        assert len(trial.evaluation.returns) == 3


def test_different_settings_learn_different_values():
    trials = qlax.sweep(
        "CartPole-v1", AGENT, discounts=(0.5, 0.99), seeds=(0, 1), steps=300, eval_episodes=0
    )
    values = [trial.policy.q_values(np.zeros(4, np.float32)) for trial in trials]
    assert len({tuple(value.tolist()) for value in values}) == 4
    assert [trial.seed for trial in trials] == [0, 1, 0, 1]
    assert all(trial.evaluation is None for trial in trials)


def test_without_rates_the_agents_own_schedule_is_followed(tmp_path):
    scheduled = AGENT.replace(
        optimizer=optimizers.Adam(learning_rate=qlax.schedules.Linear(start=1e-2, end=0.0))
    )
    (trial,) = qlax.sweep("CartPole-v1", scheduled, steps=300, eval_episodes=0)
    alone = qlax.train("CartPole-v1", scheduled, steps=300, out=tmp_path / "run", eval_episodes=0)
    observation = np.zeros(4, np.float32)
    np.testing.assert_allclose(
        trial.policy.q_values(observation), alone.policy.q_values(observation), rtol=1e-3
    )


def test_what_cannot_be_compiled_cannot_be_swept():
    with pytest.raises(UsageError, match="no compiled form"):
        qlax.sweep("Blackjack-v1", AGENT, discounts=(0.9,), steps=10)


def test_numbers_may_come_from_numpy():
    rates = np.logspace(-3, -2, 2)
    trials = qlax.sweep("CartPole-v1", AGENT, learning_rates=rates, steps=60, eval_episodes=0)
    assert [trial.agent.optimizer.learning_rate for trial in trials] == rates.tolist()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seeds": [-1]}, r"seeds\[0\] is -1"),
        ({"seeds": []}, "one or more"),
        ({"eval_episodes": -1}, "eval_episodes is -1"),
        ({"agent": "stream_q", "learning_rates": [0.1]}, "ObGD are bounded"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_trained(options, said):
    with pytest.raises(UsageError, match=said):
        qlax.sweep(**{"env": "CartPole-v1", "agent": AGENT, "steps": 10} | options)
