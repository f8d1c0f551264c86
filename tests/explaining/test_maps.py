"""Worlds with a map."""

import dataclasses

import gymnasium
import jax
import numpy as np
import pytest

import qlax
from qlax import explorers, networks, optimizers, replay
from qlax.envs.opening import describe
from qlax.envs.worlds.bsuite import DeepSea
from qlax.explaining.evaluating import Eyes
from qlax.explaining.maps import NOWHERE, map_of
from qlax.policy import Policy
from qlax.spaces import zeros
from qlax.states import ActingParams

DISCOUNT = 0.95


def layout_of(name, **kwargs):
    world = gymnasium.make(name, **kwargs)
    return world.unwrapped, map_of(describe(name, env_kwargs=kwargs), world, kwargs)


def optimal(env, discount):
    """Return Q* by value iteration on the environment's own table."""
    q = np.zeros((len(env.P), env.action_space.n))
    for _ in range(2_000):
        before = q.copy()
        for state, actions in env.P.items():
            for action, outcomes in actions.items():
                q[state, action] = sum(
                    chance * (paid + (not ended) * discount * q[following].max())
                    for chance, following, paid, ended in outcomes
                )
        if np.abs(q - before).max() < 1e-9:
            break
    return q


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """A Q-table that has converged, on ice that is not slippery."""
    agent = qlax.Agent(
        network=networks.Table(),
        explorer=explorers.EpsilonGreedy(epsilon=1.0),
        replay=replay.Uniform(capacity=5_000, batch_size=64),
        optimizer=optimizers.SGD(learning_rate=8.0),
        target=qlax.targets.Online(),
        discount=DISCOUNT,
        learning_starts=100,
    )
    return qlax.train(
        "FrozenLake-v1",
        agent,
        env_kwargs={"is_slippery": False},
        steps=6_000,
        eval_episodes=0,
        out=tmp_path_factory.mktemp("lake") / "run",
    )


def test_a_converged_table_is_drawn_as_value_iteration_has_it(lake):
    explanation = qlax.explain(lake, episodes=2)
    env = gymnasium.make("FrozenLake-v1", is_slippery=False).unwrapped
    best = optimal(env, DISCOUNT)
    with np.load(explanation["map"].data) as drawn:
        cells, values, actions = drawn["cells"][0], drawn["values"], drawn["actions"]
        np.testing.assert_array_equal(drawn["q_values"].argmax(-1), actions)
    letters = env.desc.astype(str)
    for (row, column), state in np.ndenumerate(cells):
        if letters[row, column] in "HG":
            assert np.isnan(values[state])
        else:
            assert state == row * 4 + column
            np.testing.assert_allclose(values[state], best[state].max(), atol=0.01)
            assert best[state, actions[state]] >= best[state].max() - 0.01


@pytest.mark.parametrize("name", ["FrozenLake-v1", "FrozenLake8x8-v1", "CliffWalking-v1"])
def test_arrows_go_where_actions_lead(name):
    kwargs = {"is_slippery": False} if name.startswith("Frozen") else {}
    env, layout = layout_of(name, **kwargs)
    (sheet,) = layout.sheets
    for (row, column), state in np.ndenumerate(sheet.cells):
        if state in layout.over:
            continue
        for action in range(4):
            right, down = layout.directions[state, action].astype(int)
            rows, columns = sheet.cells.shape
            there = np.clip(row + down, 0, rows - 1), np.clip(column + right, 0, columns - 1)
            expected = sheet.cells[there]
            if layout.places.get(int(expected)) == "cliff":
                expected = env.start_state_index
            assert env.P[state][action][0][1] == expected


def test_the_taxi_is_where_the_map_has_it_with_the_passenger_it_names():
    env, layout = layout_of("Taxi-v4")
    assert (len(layout.sheets), layout.across) == (20, 4)
    seen = set()
    for index, sheet in enumerate(layout.sheets):
        for (row, column), state in np.ndenumerate(sheet.cells):
            assert tuple(env.decode(state)) == (row, column, index // 4, index % 4)
            seen.add(int(state))
    assert seen == set(range(500))
    np.testing.assert_array_equal(layout.legal[123], env.action_mask(123).astype(bool))
    # The wall right of R's column, in the two upper rows.
    assert ((2.0, 0.0), (2.0, 1.0)) in layout.walls
    assert layout.sheets[1].title == "at R, to G"


def test_illegal_actions_are_never_drawn_as_the_best():
    _, layout = layout_of("Taxi-v4")
    agent = qlax.Agent(network=networks.Table())
    spec = describe("Taxi-v4")
    params = agent.init_params(jax.random.key(0), spec, zeros(spec.observation, (1,)))
    # Values that are highest for dropping off, which is rarely legal.
    params = jax.tree.map(lambda x: x + np.arange(6.0, dtype=x.dtype), params)
    look = Eyes(Policy(agent, spec, ActingParams(params, ()))).at(layout.states, layout.legal)
    chosen = np.take_along_axis(layout.legal, look.action[:, None], -1)[:, 0]
    assert chosen[layout.legal.any(-1)].all()
    assert np.isneginf(look.q_values[~layout.legal & layout.legal.any(-1, keepdims=True)]).all()


def test_a_hand_of_cards_is_in_its_row_and_column():
    _, layout = layout_of("Blackjack-v1")
    without, with_ace = layout.sheets
    state = without.cells[21 - 13, 2 - 1]
    assert [int(layout.states[name][state]) for name in ("0", "1", "2")] == [13, 2, 0]
    assert with_ace.cells[21 - 11, 0] == NOWHERE  # with a usable ace there are 12 at least


def test_divers_go_right_where_the_sea_says_so():
    sea = DeepSea(size=4)
    layout = map_of(sea.spec, gymnasium.make("FrozenLake-v1"), {})
    (sheet,) = layout.sheets
    for (row, column), state in np.ndenumerate(sheet.cells):
        assert (state == NOWHERE) == (column > row)
        if state != NOWHERE:
            assert layout.states[state][row, column] == 1.0
            right = sea.goes_right[row, column]
            assert layout.directions[state, right].tolist() == [1, 1]


def test_a_world_that_only_has_the_name_has_no_map():
    spec = dataclasses.replace(describe("CartPole-v1"), id="FrozenLake-of-mine-v0")
    assert map_of(spec, gymnasium.make("CartPole-v1"), {}) is None
