"""Schedules that end with the run: as long as it is, whatever else is counted."""

import shutil

import jax.numpy as jnp
import pytest

import qlax
from qlax import presets, replay, schedules
from qlax.presets.fitting import published
from qlax.runs import checkpoint, folder
from qlax.schedules import Linear, value_at
from tests.runs.small import AGENT, STEPS, assert_same_policy

ENV = "CartPole-v1"


def beta(agent, steps, done):
    """Return β after some steps of a run."""
    return float(value_at(agent.for_run(steps).replay.importance, jnp.int32(done)))


@pytest.mark.parametrize("steps", [1_000, 100_000, 3_000_000])
@pytest.mark.parametrize("name", ["per_dqn", "rainbow"])
def test_the_weights_make_up_in_full_at_the_end_of_any_run(name, steps):
    agent = presets.AGENTS[name]()
    assert beta(agent, steps, 0) == pytest.approx(0.4)
    assert beta(agent, steps, steps // 2) == pytest.approx(0.7)
    assert beta(agent, steps, steps) == pytest.approx(1.0)


def test_published_rainbow_reaches_one_with_the_last_frame():
    chosen = presets.resolve("ALE/Pong-v5", "rainbow")
    assert chosen.steps == published.STEPS
    halfway = beta(chosen.agent, chosen.steps, published.STEPS // 2)
    assert halfway == pytest.approx(0.7)
    assert beta(chosen.agent, chosen.steps, published.STEPS) == pytest.approx(1.0)


def prioritised(steps, *, sequences):
    """Return an agent of four environments whose β takes so many steps, None for the run's."""
    importance = Linear(start=0.0, end=1.0, steps=steps)
    law = replay.Proportional(importance=importance)
    return AGENT.replace(
        replay=replay.Sequences(capacity=200, batch_size=8, length=2, priority=law)
        if sequences
        else replay.Prioritised(capacity=200, batch_size=8, importance=importance),
        num_envs=4,
        updates=2,
    )


@pytest.mark.parametrize("sequences", [False, True])
def test_several_environments_count_together(tmp_path, sequences):
    """A line that ends with the run is one of the run's steps: those of all environments."""
    runs = {
        steps: qlax.train(
            ENV,
            prioritised(steps, sequences=sequences),
            steps=STEPS,
            out=tmp_path / str(steps),
            eval_episodes=0,
        ).folder
        for steps in (None, STEPS, STEPS // 4)
    }
    assert_same_policy(runs[None], runs[STEPS])
    with pytest.raises(AssertionError):
        assert_same_policy(runs[None], runs[STEPS // 4])


def test_the_optimisers_line_is_one_of_updates():
    rate = Linear(start=1e-2, end=0.0, steps=None)
    agent = AGENT.replace(
        optimizer=qlax.optimizers.Adam(learning_rate=rate), num_envs=4, update_every=5, updates=3
    )
    assert agent.for_run(400).optimizer.learning_rate.steps == 400 // (4 * 5) * 3
    assert agent.for_run(400).replay == agent.replay


def test_a_run_that_is_gone_on_with_is_the_run_that_never_stopped(tmp_path):
    agent = prioritised(None, sequences=False)
    options = {"steps": STEPS, "eval_episodes": 0, "checkpoint_every": 200}
    whole = qlax.train(ENV, agent, out=tmp_path / "whole", **options)
    part = tmp_path / "part"
    shutil.copytree(whole.folder, part)
    shutil.rmtree(checkpoint.checkpoints(part)[-1])
    assert_same_policy(whole.folder, qlax.resume(part).folder)


def test_a_run_that_is_made_longer_ends_its_lines_later(tmp_path):
    agent = prioritised(None, sequences=False)
    options = {"eval_episodes": 0, "checkpoint_every": 200}
    short = qlax.train(ENV, agent, steps=200, out=tmp_path / "short", **options)
    written = folder.read_json(short.folder / folder.CONFIG)
    assert written["agent"]["replay"]["importance"]["steps"] is None
    longer = qlax.resume(short.folder, steps=STEPS)
    # What is learned from then on is as if the line had been as long as the whole from the start.
    told = prioritised(STEPS, sequences=False)
    half = tmp_path / "half"
    shutil.copytree(qlax.train(ENV, agent, steps=200, out=tmp_path / "r", **options).folder, half)
    assert_same_policy(longer.folder, qlax.resume(half, agent=told, steps=STEPS).folder)


def test_a_sweep_ends_its_lines_too(tmp_path):
    trials = [
        qlax.sweep(ENV, prioritised(steps, sequences=False), steps=STEPS, eval_episodes=0)[0]
        for steps in (None, STEPS)
    ]
    for name, trial in zip(("open", "told"), trials, strict=True):
        trial.policy.save(tmp_path / name / "policy")
    assert_same_policy(tmp_path / "open", tmp_path / "told")


def test_without_a_run_there_is_no_end():
    with pytest.raises(qlax.UsageError, match=r"Linear\.steps is None"):
        schedules.Linear(steps=None)(jnp.int32(0))
    assert Linear(steps=None, begin=30).for_run(100).steps == 70
    assert Linear(steps=None, begin=300).for_run(100).steps == 1
    assert Linear(steps=10).for_run(100).steps == 10


def test_a_schedule_of_ones_own_may_ask_for_the_runs_length():
    class Halfway:
        """Zero until the middle of the run."""

        def __init__(self, middle=None):
            self.middle = middle

        def __call__(self, step):
            return jnp.where(step < self.middle, 0.0, 1.0)

        def for_run(self, length):
            return Halfway(length // 2)

    agent = AGENT.replace(replay=replay.Prioritised(importance=Halfway()))
    assert [beta(agent, 100, done) for done in (49, 50)] == [0.0, 1.0]
