"""Optimism by counts of visits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax import UsageError
from qlax.drivers import CompiledDriver
from qlax.envs.vectorised import Vectorised
from qlax.explorers import UpperConfidence
from qlax.spaces import Box, Composite, Discrete, EnvSpec
from tests.explorers.acting import situation
from tests.probes import mdp
from tests.probes.training import agent_for_probes

SPEC = EnvSpec(id="Rooms", observation=Discrete(3), num_actions=2)
KEY = jax.random.key(0)


def acted(explorer, steps, *, legal=None):
    """Return actions, [steps, N], and the counts after them.

    Each step is q-values [N, A] and states [N].
    """
    counts = explorer.init(len(steps[0][1]), SPEC)
    act = jax.jit(explorer.act)
    taken = []
    for q_values, states in steps:
        seen = situation(jnp.asarray(q_values), observation=jnp.asarray(states), legal=legal)
        action, counts = act(counts, KEY, seen)
        assert action.dtype == jnp.int32
        taken.append(action.tolist())
    return taken, np.asarray(counts.counts)


def test_the_bonus_by_hand():
    # c = 1, q = (1, 0.4). N(s) = 0: no bonus, action 0.
    # N = 1, n = (1, 0): 1 + √(ln 2 / 2) = 1.589 and 0.4 + √ln 2 = 1.233: action 0.
    # N = 2, n = (2, 0): 1 + √(ln 3 / 3) = 1.605 and 0.4 + √ln 3 = 1.448: action 0.
    # N = 3, n = (3, 0): 1 + √(ln 4 / 4) = 1.589 and 0.4 + √ln 4 = 1.577: action 0.
    # N = 4, n = (4, 0): 1 + √(ln 5 / 5) = 1.567 and 0.4 + √ln 5 = 1.669: action 1.
    # N = 5, n = (4, 1): 1 + √(ln 6 / 5) = 1.599 and 0.4 + √(ln 6 / 2) = 1.347: action 0.
    taken, counts = acted(UpperConfidence(), [([[1.0, 0.4]], [1])] * 6)
    assert [action for (action,) in taken] == [0, 0, 0, 0, 1, 0]
    np.testing.assert_array_equal(counts, [[0, 0], [5, 1], [0, 0]])


def test_a_larger_scale_explores_sooner():
    # c = 3, q = (1, 0). N = 1: 1 + 3 √(ln 2 / 2) = 2.766 and 3 √ln 2 = 2.498: action 0.
    # N = 2: 1 + 3 √(ln 3 / 3) = 2.815 and 3 √ln 3 = 3.144: action 1.
    # c = 1, N = 2: 1.605 and 1.048: still action 0.
    taken, _ = acted(UpperConfidence(scale=3.0), [([[1.0, 0.0]], [0])] * 3)
    assert [action for (action,) in taken] == [0, 0, 1]
    taken, _ = acted(UpperConfidence(scale=1.0), [([[1.0, 0.0]], [0])] * 3)
    assert [action for (action,) in taken] == [0, 0, 0]


def test_without_scale_it_is_greedy():
    taken, _ = acted(UpperConfidence(scale=0.0), [([[0.0, 1e-3]], [2])] * 20)
    assert [action for (action,) in taken] == [1] * 20


def test_equal_actions_are_taken_in_turns():
    _, counts = acted(UpperConfidence(), [([[5.0, 5.0]], [1])] * 20)
    np.testing.assert_array_equal(counts, [[0, 0], [10, 10], [0, 0]])


def test_every_state_has_its_own_counts_and_all_environments_share_them():
    # Three environments, two of them in state 0: both count.
    steps = [(jnp.zeros((3, 2)), [0, 2, 0])]
    taken, counts = acted(UpperConfidence(), steps)
    assert taken == [[0, 0, 0]]
    np.testing.assert_array_equal(counts, [[2, 0], [0, 0], [1, 0]])
    taken, counts = acted(UpperConfidence(), [*steps, (jnp.zeros((3, 2)), [1, 0, 2])])
    # State 1 was never seen: no bonus, the first of equals. The others try what was not tried.
    assert taken[1] == [0, 1, 1]
    np.testing.assert_array_equal(counts, [[2, 1], [1, 0], [1, 1]])


def test_what_is_chosen_at_an_episodes_end_is_not_counted():
    """Nobody takes it: the environment only starts its next episode."""
    explorer = UpperConfidence()
    counts = explorer.init(3, SPEC)
    ends = situation(
        jnp.zeros((3, 2)), observation=jnp.array([0, 1, 1]), done=jnp.array([False, True, False])
    )
    _, counts = explorer.act(counts, KEY, ends)
    np.testing.assert_array_equal(counts.counts, [[1, 0], [1, 0], [0, 0]])


def test_an_agent_counts_every_action_that_was_taken_and_no_other():
    """Episodes of one step from state 0: nothing is ever done in state 1, where they end."""
    process = mdp.choices()._replace(time_limit=1)
    agent = agent_for_probes(explorer=UpperConfidence(), num_envs=2)
    driver = CompiledDriver(agent, Vectorised(mdp.Probe(process), 2))
    state = driver.advance(driver.init([0]), 0, 100)
    counts = np.asarray(state.agent.actor.explorer.counts)
    begins = np.asarray(process.start) > 0
    assert counts[begins].sum() == 2 * 50
    assert counts[~begins].sum() == 0


def test_states_in_parts_are_counted_each():
    parts = Composite((("lamp", Discrete(2)), ("room", Box((1,), "int32", 5.0, 7.0))))
    explorer = UpperConfidence()
    state = explorer.init(2, EnvSpec(id="Rooms", observation=parts, num_actions=2))
    shown = {"lamp": jnp.array([0, 1]), "room": jnp.array([[5], [6]])}
    _, state = explorer.act(state, KEY, situation(jnp.zeros((2, 2)), observation=shown))
    np.testing.assert_array_equal(state.counts[:, 0], [1, 0, 0, 0, 1, 0])


def test_only_legal_actions_are_taken():
    legal = jnp.array([[False, True]])
    taken, counts = acted(UpperConfidence(), [([[9.0, 0.0]], [0])] * 5, legal=legal)
    assert [action for (action,) in taken] == [1] * 5
    np.testing.assert_array_equal(counts[0], [0, 5])


def test_states_that_cannot_be_counted_are_refused():
    box = Box(shape=(2,), dtype="float32", low=0.0, high=1.0)
    spec = EnvSpec(id="Field", observation=box, num_actions=2)
    with pytest.raises(UsageError, match=r"states that can be numbered.*Field shows Box"):
        UpperConfidence().init(1, spec)
