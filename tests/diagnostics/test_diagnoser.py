"""Numbers of a diagnosis, against the same by other ways; and when there is one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qlax
from qlax import heads, optimizers, replay, targets
from qlax.diagnostics import Diagnoser
from qlax.diagnostics.moments import Moments, moments
from qlax.maths.representation import norm
from qlax.runs import folder
from tests import tiers
from tests.drivers import runs
from tests.runs import small


def trained(agent, seeds=(0,), *, side_by_side=False, stop=20):
    return runs.advanced(runs.compiled(agent, side_by_side), [stop], seeds)


def diagnosed(agent, state):
    return Diagnoser(agent)(state.agent)[0]


@tiers.one_in(4, 3)
def test_a_target_is_as_far_away_as_its_parameters():
    agent = runs.agent()
    learner = trained(agent).agent.learner
    apart, size = (
        np.sqrt(sum(float((np.asarray(leaf) ** 2).sum()) for leaf in jax.tree.leaves(tree)))
        for tree in (jax.tree.map(jnp.subtract, learner.params, learner.target), learner.params)
    )
    assert diagnosed(agent, trained(agent))["target_drift"] == pytest.approx(apart / size, rel=1e-5)
    assert "target_drift" not in diagnosed(
        runs.agent(target=targets.Online()), trained(runs.agent(target=targets.Online()))
    )


def test_the_gradient_is_that_of_an_update():
    """With plain SGD of rate 1 on the one batch there is, a step is the gradient."""
    agent = runs.agent(
        replay=replay.Latest(),
        optimizer=optimizers.SGD(learning_rate=1.0),
        update_every=1,
        updates=1,
        learning_starts=3,
    )
    state = trained(agent, stop=5)
    learner, store = state.agent.learner, state.agent.replay
    after, *_ = jax.jit(agent.learn)(learner, store, state.agent.actor.clock)
    step = norm(jax.tree.map(jnp.subtract, learner.params, after.params))
    assert diagnosed(agent, state)["gradient_norm"] == pytest.approx(float(step), rel=1e-4)


def test_priorities_are_those_in_the_replay():
    agent = runs.agent(
        replay=replay.Prioritised(capacity=60, batch_size=8, n_step=2, exponent=0.5, importance=0.7)
    )
    state = trained(agent)
    own = state.agent.replay.priorities.tree
    powers = np.asarray(own.children).reshape(-1)[own.first_leaf - 1 :][: own.size]
    priorities = powers[powers > 0] ** 2
    found = diagnosed(agent, state)
    assert found["priority"] == pytest.approx(priorities.mean(), rel=1e-5)
    assert found["priority_max"] == pytest.approx(priorities.max(), rel=1e-5)
    assert 0 < found["importance_weight_min"] <= found["importance_weight"] <= 1
    alike = agent.replace(
        replay=replay.Prioritised(capacity=60, batch_size=8, exponent=0.0, importance=1.0)
    )
    assert "priority" not in diagnosed(alike, trained(alike))


@tiers.one_in(4, 0)
def test_seeds_side_by_side_are_diagnosed_each():
    agent = runs.agent()
    state = trained(agent, seeds=(4, 9), side_by_side=True)
    both = Diagnoser(agent, side_by_side=True)(state.agent)
    for seed, found in zip((4, 9), both, strict=True):
        alone = diagnosed(agent, trained(agent, seeds=(seed,)))
        assert found.keys() == alone.keys()
        for column, value in alone.items():
            assert found[column] == pytest.approx(value, rel=1e-3), column


@tiers.one_in(4, 2)
def test_a_distribution_is_diagnosed_too():
    agent = runs.agent(head=heads.QuantileRegression(quantiles=5))
    found = diagnosed(agent, trained(agent))
    assert found["gradient_norm"] > 0
    assert 1 <= found["effective_rank"] <= 8


def test_rows_have_it_ten_times_a_run(tmp_path):
    run = qlax.train(
        "MountainCar-v0", small.AGENT, steps=400, eval_episodes=0, out=tmp_path / "run"
    )
    rows = folder.read_metrics(run.folder)
    with_it = [row["env_steps"] for row in rows if "gradient_norm" in row]
    assert with_it == list(range(80, 401, 40))
    assert all(row["td_error"] > 0 for row in rows if row["updates"] > 1)


@tiers.one_in(4, 1)
def test_a_run_that_goes_on_is_diagnosed_alike(tmp_path):
    whole = qlax.train(
        "MountainCar-v0", small.AGENT, steps=400, eval_episodes=0, out=tmp_path / "whole"
    )
    cut = qlax.train(
        "MountainCar-v0",
        small.AGENT,
        steps=400,
        eval_episodes=0,
        out=tmp_path / "cut",
        checkpoint_every=150,
    )
    for path in sorted((cut.folder / "checkpoints").iterdir())[1:]:
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
    again = qlax.resume(cut.folder)
    assert small.untimed(again.folder) == small.untimed(whole.folder)


@pytest.mark.parametrize("period", [100, 250, 500, 1_000])
@pytest.mark.parametrize("starts", [50, 440, 1_000])
def test_a_copy_is_never_always_just_made(period, starts):
    agent = qlax.Agent(target=targets.Periodic(period=period), learning_starts=starts)
    found = moments(agent, iterations=100_000, report_every=1_000)
    assert found.every == 10_000
    due = [at for at in range(20_000, 100_000) if found.is_due(at)]
    assert due[1] - due[0] == 10_000
    assert found.after(due[0] - 1) == due[0]
    assert found.after(due[0]) == due[1]
    phases = [(at - starts + 1) % period for at in due]
    assert all(phase >= period / 2 for phase in phases)


def test_otherwise_moments_are_those_of_reports():
    assert moments(qlax.Agent(target=targets.Online()), 42_000, 420) == Moments(4_200, 0)
    periodic = qlax.Agent(target=targets.Periodic(period=1_000))
    assert moments(periodic, 42_000, 420) == Moments(4_200, 0)
    assert moments(qlax.Agent(), 50_000_000, 1_000).every == 10_000
    assert moments(qlax.Agent(), 3, 1) == Moments(1, 0)
