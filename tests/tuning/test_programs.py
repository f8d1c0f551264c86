"""Numbers as data: which can be, and members side by side that are as each alone."""

import jax
import numpy as np
import pytest

from qlax import Agent, bootstraps, explorers, networks, optimizers, replay, schedules, targets
from qlax.drivers import CompiledDriver
from qlax.envs.opening import opened
from qlax.envs.select import select
from qlax.evaluation.trials import greedily
from qlax.tuning.members import CompiledMembers, Halted
from qlax.tuning.programs import Program
from qlax.tuning.search import search_of

AGENT = Agent(
    network=networks.MLP(hidden=(8,)),
    bootstrap=bootstraps.Munchausen(),
    explorer=explorers.EpsilonGreedy(epsilon=schedules.Linear(start=1.0, end=0.1, steps=100)),
    replay=replay.Prioritised(capacity=500, batch_size=8),
    target=targets.Periodic(period=10),
    optimizer=optimizers.Adam(learning_rate=1e-3),
    learning_starts=20,
)
SEARCH = {
    "optimizer.learning_rate": "log(1e-4,1e-1)",
    "optimizer.beta1": "uniform(0.5,0.95)",
    "discount": "uniform(0.5,0.99)",
    "target.period": "int(2,20)",
    "explorer.epsilon.end": "uniform(0.01,0.5)",
    "explorer.epsilon.steps": "logint(10,200)",
    "replay.exponent": "uniform(0.1,0.9)",
    "bootstrap.temperature": "log(0.01,1)",
}
OTHER = {
    "optimizer.learning_rate": 0.01,
    "optimizer.beta1": 0.6,
    "discount": 0.7,
    "target.period": 3,
    "explorer.epsilon.end": 0.4,
    "explorer.epsilon.steps": 30,
    "replay.exponent": 0.3,
    "bootstrap.temperature": 0.3,
}


@pytest.fixture(scope="module")
def environments():
    with opened("CartPole-v1") as source:
        yield lambda count: select(source, num_envs=count).env


def program_of(environments, search, width=2, agent=AGENT):
    ranges = dict(search_of(agent, search).ranges)
    return Program(
        agent.for_run(300), environments(1), environments, ranges, width, single_threaded=True
    )


def test_numbers_are_data_and_what_decides_on_shapes_or_loops_is_not(environments):
    shapes = {
        "replay.batch_size": [8, 16],
        "replay.n_step": "int(1,3)",
        "replay.capacity": [500, 1000],
        "network.hidden": [(8,), (16,)],
        "learning_starts": "int(10,100)",
        "updates": [1, 2],
        "optimizer.max_grad_norm": [None, 10.0],
    }
    program = program_of(environments, SEARCH | shapes)
    assert set(program.kinds) == set(SEARCH)


def test_side_by_side_is_as_each_alone(environments):
    program = program_of(environments, SEARCH)
    search = search_of(AGENT, SEARCH)
    agents = [agent.for_run(300) for agent in (AGENT, search.with_values(OTHER))]
    numbers, seeds = program.numbers_of(agents), np.asarray([4, 5], np.uint32)
    state = program.advance(numbers, program.init(numbers, seeds), 0, 120)
    returns = program.play(numbers, state, seeds, 120, 3)
    for at, agent in enumerate(agents):
        driver = CompiledDriver(agent, environments(1))
        alone = driver.advance(driver.init([int(seeds[at])]), 0, 120)
        own = jax.tree.map(lambda leaf, at=at: leaf[at], state.agent.learner.params)
        for one, other in zip(
            jax.tree.leaves(own), jax.tree.leaves(alone.agent.learner.params), strict=True
        ):
            np.testing.assert_allclose(one, other, rtol=2e-3, atol=2e-4)
        played = jax.jit(greedily(agent, environments(3)))(
            alone.agent.learner, seeds[at], np.uint32(120)
        )
        np.testing.assert_allclose(returns[at], played.returns, atol=30)
    first, second = (jax.tree.leaves(state.agent.learner.params)[0][at] for at in (0, 1))
    assert not np.allclose(first, second, atol=1e-3)


@pytest.mark.exhaustive
def test_members_are_the_same_however_many_fit_into_a_call_and_whoever_is_left_out(environments):
    search = search_of(AGENT, {"discount": "uniform(0.5,0.99)"})
    agents = [search.with_values({"discount": value}).for_run(300) for value in (0.5, 0.7, 0.9)]
    found = {}
    for width in (2, 6):
        program = program_of(environments, {"discount": "uniform(0.5,0.99)"}, width)
        members = CompiledMembers(program, agents, [0, 1], 3, lambda: False)
        members.advance(60)
        assert members.scores().shape == (3, 2)
        members.keep([0, 2])
        members.keep([1])
        members.advance(90)
        found[width] = members.scores()
        members.close()
    assert found[2].shape == (1, 2)
    np.testing.assert_allclose(found[2], found[6], atol=15)


def test_whoever_diverges_has_no_score(environments):
    search = search_of(AGENT, {"optimizer.learning_rate": [1e-3, 1e38]})
    rates = (1e-3, 1e38)
    agents = [search.with_values({"optimizer.learning_rate": r}).for_run(300) for r in rates]
    program = program_of(environments, {"optimizer.learning_rate": [1e-3, 1e38]})
    members = CompiledMembers(program, agents, [0], 2, lambda: False)
    members.advance(60)
    scores = members.scores()
    assert np.isfinite(scores[0]).all()
    assert np.isnan(scores[1]).all()


@pytest.mark.exhaustive
def test_a_stop_is_noticed_between_stretches(environments):
    program = program_of(environments, {"discount": "uniform(0.5,0.99)"})
    members = CompiledMembers(program, [AGENT.for_run(300)], [0, 1], 2, lambda: True)
    with pytest.raises(Halted):
        members.advance(10)
