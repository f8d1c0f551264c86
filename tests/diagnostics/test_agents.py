"""Every named agent is diagnosed, and learns what it would have learned anyway."""

import math

import jax
import pytest

from qlax import presets
from qlax.diagnostics import Diagnoser
from qlax.drivers import CompiledDriver
from qlax.envs.opening import source_of
from qlax.envs.select import select
from tests import tiers
from tests.drivers.runs import assert_equal

ALWAYS = {"gradient_norm"}
NETWORK = {"dormant_units", "effective_rank"}
DRAWN_BY_ERROR = {"priority", "priority_max", "importance_weight", "importance_weight_min"}
TABLES = {
    "q_table",
    "q_learning",
    "sarsa",
    "expected_sarsa",
    "tree_backup",
    "article_q_table",
    "tile_coding",
    "q_lambda",
    "dyna_q",
    "double_q_learning",
}
OF_ONE_STEP = {"stream_q"}
BY_ERROR = {"per_dqn", "rainbow", "r2d2", "btr"}
SELF_TARGETS = {
    *(TABLES - {"double_q_learning"}),
    *OF_ONE_STEP,
    "pqn",
    "pqn_lstm",
    "article_dqn",
}


def expected(name):
    columns = set(ALWAYS)
    columns |= set() if name in TABLES | OF_ONE_STEP else NETWORK
    columns |= DRAWN_BY_ERROR if name in BY_ERROR else set()
    columns |= {"priority", "priority_max"} if name == "dyna_q" else set()
    return columns | (set() if name in SELF_TARGETS else {"target_drift"})


def world_of(name):
    if name in ("btr", "dqn_nature"):
        return "MinAtar/Breakout-v1"
    if name == "dyna_q":
        return "FrozenLake-v1"
    return "MountainCar-v0" if name in TABLES else "CartPole-v1"


@pytest.mark.parametrize("name", tiers.in_turn(list(presets.AGENTS), 14))
def test_a_named_agent(name):
    env = world_of(name)
    agent = presets.resolve(env, name).agent.for_run(100_000)
    selected = select(source_of(env), num_envs=agent.num_envs, time_limit=agent.time_limit)
    driver, diagnoser = CompiledDriver(agent, selected.env), Diagnoser(agent)
    begun = agent.first_learning
    state = driver.advance(driver.init([3]), 0, begun + 4 * agent.update_every)
    assert int(state.agent.learner.updates.low) > 0
    kept = jax.tree.map(lambda leaf: leaf.copy(), state)
    (found,) = diagnoser(state.agent)
    assert set(found) == expected(name)
    for column, value in found.items():
        assert value is not None, column
        assert math.isfinite(value), column
    assert found["gradient_norm"] > 0
    assert 0 <= found.get("dormant_units", 0) <= 1
    assert found.get("effective_rank", 1) >= 1
    assert found.get("importance_weight_min", 0) <= found.get("importance_weight", 1) <= 1
    assert found.get("priority", 0) <= found.get("priority_max", 0)
    assert_equal(state, kept)
    assert diagnoser(state.agent) == [found]
