"""What is reported, against a recount in NumPy of what the environments really showed."""

import jax
import numpy as np
import pytest

from qlax import replay
from qlax.drivers import CompiledDriver, HostDriver
from qlax.envs.as_host import CompiledAsHost
from qlax.envs.vectorised import Vectorised
from tests.drivers.runs import agent, compiled, world
from tests.probes import mdp, playing


class Recorded(CompiledAsHost):
    """Keeps everything it showed."""

    def reset(self, seed):
        self.shown = []
        return super().reset(seed)

    def step(self, action):
        timestep = super().step(action)
        self.shown.append(timestep)
        return timestep


def recount(shown, num_envs, start, stop):
    """Return how many episodes ended in iterations start … stop − 1, their returns and lengths."""
    returns, lengths = [], []
    for env in range(num_envs):
        total, length = 0.0, 0
        for iteration, timestep in enumerate(shown[:stop]):
            if timestep.first[env]:
                total, length = 0.0, 0
                continue
            total += float(timestep.reward[env])
            length += 1
            if timestep.terminated[env] or timestep.truncated[env]:
                if iteration >= start:
                    returns.append(total)
                    lengths.append(length)
                total, length = 0.0, 0
    return returns, lengths


def test_episodes_returns_and_lengths_are_those_of_a_recount():
    made = agent(num_envs=3)
    env = Recorded(world(3))
    on_host, in_program = HostDriver(made, env), compiled(made)
    ours, theirs = on_host.init([5]), in_program.init([5])
    for start, stop in ((0, 13), (13, 14), (14, 60)):
        ours = on_host.advance(ours, start, stop)
        theirs = in_program.advance(theirs, start, stop)
        returns, lengths = recount(env.shown, 3, start, stop)
        (mine, ours), (others, theirs) = on_host.report(ours), in_program.report(theirs)
        for report in (*mine, *others):
            assert report["episodes"] == len(returns)
            assert report["env_steps"] == 3 * stop
            if returns:
                assert report["episode_return"] == pytest.approx(np.mean(returns))
                assert report["episode_length"] == pytest.approx(np.mean(lengths))
            else:
                assert report["episode_return"] is None
                assert report["episode_length"] is None
    assert len(returns) > 10


def test_updates_and_losses_are_those_since_the_last_report():
    driver = compiled(agent(num_envs=3, learning_starts=12, update_every=2, updates=2))
    state = driver.advance(driver.init([0]), 0, 3)
    (report,), state = driver.report(state)
    assert report["updates"] == 0
    assert report["loss"] is None
    assert report["q_value"] is None
    # Iterations 4, 6, 8 and 10 (from 1) have two updates each; 3 · 4 = 12 steps are enough.
    (report,), _ = driver.report(driver.advance(state, 3, 10))
    assert report["updates"] == 8
    assert report["loss"] > 0
    assert report["epsilon"] == 0.5


@pytest.mark.parametrize("driver", ["compiled", "on the host"])
def test_training_may_be_cut_between_reports(driver):
    made = agent(num_envs=2, learning_starts=8)
    make = compiled if driver == "compiled" else lambda made: HostDriver(made, Recorded(world(2)))
    whole, cut = make(made), make(made)
    (once,), _ = whole.report(whole.advance(whole.init([3]), 0, 40))
    state = cut.init([3])
    for start, stop in ((0, 1), (1, 17), (17, 40)):
        state = cut.advance(state, start, stop)
    (pieces,), _ = cut.report(state)
    assert pieces == once


def test_every_seed_has_its_own_report():
    together = compiled(agent(), side_by_side=True)
    reports, _ = together.report(together.advance(together.init([0, 1, 2]), 0, 40))
    single = compiled(agent())
    for seed, report in enumerate(reports):
        (alone,), _ = single.report(single.advance(single.init([seed]), 0, 40))
        assert report == pytest.approx(alone, rel=1e-3)


def test_rewards_are_reported_as_the_environment_pays_them():
    from qlax import rewards

    made = agent(num_envs=1, reward=rewards.ReplaceLast(value=-10.0))
    driver = compiled(made)
    (report,), _ = driver.report(driver.advance(driver.init([0]), 0, 60))
    # The corridor pays 1 at its end and is now and then cut before it.
    assert 0.0 <= report["episode_return"] <= 1.0


def test_the_loss_is_the_mean_over_updates():
    """Where the first update is the only one, it can be computed outside."""
    made = agent(num_envs=2, learning_starts=8, update_every=1, updates=1)
    driver = compiled(made)
    state = driver.advance(driver.init([0]), 0, 3)
    before = jax.tree.map(lambda leaf: leaf.copy(), state)
    (report,), _ = driver.report(driver.advance(state, 3, 4))
    env = Vectorised(mdp.Probe(mdp.slippery_corridor(4)._replace(time_limit=5)), 2)
    action, train_state = playing.act(made, before.agent, before.timestep)
    _, timestep = env.step(before.env, action)
    train_state = playing.observe(made, train_state, before.timestep, action, timestep)
    _, metrics = playing.learn(made, train_state)
    assert report["loss"] == pytest.approx(float(metrics["loss"]), rel=1e-4)
    assert report["q_value"] == pytest.approx(float(metrics["q_value"]), rel=1e-4)


def test_steps_that_only_start_an_episode_are_no_updates_and_thin_no_mean():
    """One-step episodes: every other update has nothing to learn from."""
    made = agent(num_envs=1, replay=replay.Latest(), learning_starts=1, updates=1, update_every=1)
    process = mdp.choices()._replace(time_limit=1)
    driver = CompiledDriver(made, Vectorised(mdp.Probe(process), 1))
    state, losses = driver.init([0]), []
    for iteration in range(20):
        (report,), state = driver.report(driver.advance(state, iteration, iteration + 1))
        assert report["updates"] == iteration // 2 + 1
        assert (report["loss"] is None) == (iteration % 2 == 1)
        losses += [] if report["loss"] is None else [report["loss"]]
    (whole,), _ = driver.report(driver.advance(driver.init([0]), 0, 20))
    assert len(losses) == whole["updates"] == 10
    assert whole["loss"] == pytest.approx(np.mean(losses), rel=1e-5)
    assert whole["loss"] > 0
