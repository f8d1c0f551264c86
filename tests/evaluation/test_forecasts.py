"""What a policy expects of an episode and what it pays, worked out by hand."""

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qlax
from qlax import networks, rewards
from qlax.envs.opening import source_of
from qlax.evaluation.core import evaluate_in
from qlax.evaluation.forecasts import can_be_compared
from qlax.policy import Policy
from qlax.runs import folder
from tests.runs import small


class Paying(gymnasium.Env):
    """Pays 3 a step; ends after four steps, if it is not cut before."""

    observation_space = gymnasium.spaces.Discrete(5)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at = 0
        return 0, {}

    def step(self, action):
        self.at += 1
        return self.at, 3.0, self.at == 4, False, {}


def cut_after(steps):
    return lambda: gymnasium.wrappers.TimeLimit(Paying(), steps)


def evaluated(env, **parts):
    """Return an evaluation by a policy that expects 2 everywhere."""
    agent = qlax.Agent(network=networks.Table(), discount=0.5, **parts)
    source = source_of(env)
    params = agent.init_params(jax.random.key(0), source.spec, jnp.zeros(1, jnp.int32))
    params = jax.tree.map(lambda array: jnp.full_like(array, 2.0), params)
    policy = Policy(agent, source.spec, qlax.states.ActingParams(params, ()))
    return evaluate_in(policy, source, 3, 0)


def test_an_episode_that_ends_pays_its_discounted_rewards():
    found = evaluated(Paying)
    assert (found.mean, found.value) == (12.0, 2.0)
    assert found.discounted_return == pytest.approx(3 + 1.5 + 0.75 + 0.375)


@pytest.mark.parametrize("steps", [1, 2])
def test_of_one_that_is_cut_the_rest_is_expected(steps):
    found = evaluated(cut_after(steps))
    paid = [3, 3 + 1.5][steps - 1]
    assert found.discounted_return == pytest.approx(paid + 0.5**steps * 2)


def test_rewards_are_those_that_are_learned_from():
    found = evaluated(Paying, reward=rewards.Clipped())
    assert found.mean == 12.0
    assert found.discounted_return == pytest.approx(1 + 0.5 + 0.25 + 0.125)
    last = evaluated(Paying, reward=rewards.ReplaceLast(value=-8.0))
    assert last.discounted_return == pytest.approx(3 + 1.5 + 0.75 - 1.0)


def test_where_rewards_are_learned_nothing_is_compared():
    found = evaluated(Paying, reward=rewards.ScaledByReturns())
    assert (found.value, found.discounted_return) == (None, None)
    assert not can_be_compared(qlax.Agent(reward=rewards.Novelty()))


@pytest.mark.parametrize("backend", ["jax", "gymnasium"])
def test_rows_have_both_and_their_difference(backend, tmp_path):
    run = qlax.train(
        "CartPole-v1",
        small.AGENT,
        steps=200,
        eval_every=100,
        eval_episodes=0,
        backend=backend,
        out=tmp_path / "run",
    )
    rows = [row for row in folder.read_metrics(run.folder) if "eval_return" in row]
    assert len(rows) == 2
    for row in rows:
        gap = row["eval_value"] - row["eval_discounted_return"]
        assert row["eval_overestimation"] == pytest.approx(gap)
        assert 0 < row["eval_discounted_return"] < row["eval_return"]
        assert np.isfinite(row["eval_value"])
