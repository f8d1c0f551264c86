"""Prioritised replay: the law by which transitions are drawn, and which can be drawn at all."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from qlax import Agent, UsageError, bootstraps, optimizers, schedules
from qlax.drivers import CompiledDriver
from qlax.envs.vectorised import Vectorised
from qlax.maths import sum_tree
from qlax.replay import Prioritised, stream
from tests.probes import mdp
from tests.probes.training import agent_for_probes, assert_learns_q_star
from tests.replay.compiled import add, grown, sample, sample_many, update_priorities
from tests.replay.history import as_tuples, step

GAMMA = jnp.float32(0.5)
KEY = jax.random.key(0)
TINY = 1e-9  # an ε that hand-computed probabilities need not mention


def prioritised(**fields):
    """Return a replay; by default β would end with a run, and here there is none."""
    return Prioritised(**{"importance": 1.0, **fields})


def drawn(replay, state, key=KEY, *, next_action=False):
    """Return a batch."""
    return sample(replay, state, key, GAMMA, next_action=next_action)[0]


def many_batches(replay, state, count, *, next_action=False):
    """Return the batches of `count` keys, each array with these as its first axis."""
    keys = jax.random.split(jax.random.key(7), count)
    return sample_many(replay, state, keys, GAMMA, next_action=next_action)


def with_errors(replay, state, errors):
    """Return the replay after learning from rows 0, 1, … of environment 0 with these errors."""
    rows = jnp.arange(len(errors))
    batch = stream.windows(
        state.stream, rows, jnp.zeros_like(rows), replay.n_step, GAMMA, next_action=False
    )
    return update_priorities(replay, state, batch, jnp.asarray(errors, jnp.float32))


def powers(state):
    """Return pᵅ of every row and environment, shape [R, N]."""
    tree = jax.tree.map(jnp.asarray, state.priorities.tree)
    leaves = sum_tree.get(tree, jnp.arange(tree.size))
    return np.asarray(leaves).reshape(-1, state.stream.num_envs)


def drawable(replay, state):
    """Return the set of what can be drawn, as (s, a, r, d, s′, weight)."""
    batches = many_batches(replay, state, 200)
    return set(as_tuples(jax.tree.map(lambda array: array.reshape(-1, *array.shape[2:]), batches)))


# --- the law --------------------------------------------------------------------------------------

ERRORS = np.array([0.0, 0.1, -0.2, 0.3, -0.5, 0.8, 1.0, -1.3, 2.0, 3.0, -5.0, 8.0])


@pytest.mark.parametrize("exponent", [0.3, 0.6, 1.0])
def test_transitions_are_drawn_in_proportion_to_the_power_of_their_errors(exponent):
    replay = prioritised(capacity=12, batch_size=10, exponent=exponent, epsilon=0.01)
    state = grown(replay, [step(number) for number in range(13)])
    state = with_errors(replay, state, ERRORS)
    law = (np.abs(ERRORS) + 0.01) ** exponent
    law /= law.sum()
    actions = np.asarray(many_batches(replay, state, 2_000).action)
    counts = np.bincount(actions.ravel(), minlength=12)
    # Draws spread over equal shares vary less than independent ones, whose deviation this is.
    deviation = np.sqrt(20_000 * law * (1 - law))
    assert counts.sum() == 20_000
    assert (np.abs(counts - 20_000 * law) < 4 * deviation).all()
    # In each batch a transition is drawn for every whole share it covers.
    each = np.stack([np.bincount(batch, minlength=12) for batch in actions])
    assert (each >= np.floor(10 * law) - 1).all()
    assert (each <= np.ceil(10 * law) + 1).all()


def test_without_an_exponent_the_law_is_uniform():
    replay = prioritised(capacity=12, batch_size=10, exponent=0.0)
    state = grown(replay, [step(number) for number in range(13)])
    state = with_errors(replay, state, ERRORS)
    np.testing.assert_array_equal(powers(state)[:12], np.ones((12, 1)))
    batches = many_batches(replay, state, 2_000)
    _, counts = np.unique(np.asarray(batches.action), return_counts=True)
    assert len(counts) == 12
    assert scipy.stats.chisquare(counts).pvalue > 1e-3
    np.testing.assert_array_equal(batches.weight, np.ones((2_000, 10)))


def test_the_draws_of_a_batch_are_one_from_each_equal_share():
    """Priorities 1, 2 and 4 and seven draws: one, two and four of them, whatever the key."""
    replay = prioritised(capacity=10, batch_size=7, exponent=1.0, epsilon=TINY)
    state = with_errors(replay, grown(replay, [step(number) for number in range(4)]), [1, -2, 4])
    actions = np.asarray(many_batches(replay, state, 50).action)
    np.testing.assert_array_equal(actions, np.tile([0, 1, 1, 2, 2, 2, 2], (50, 1)))


def test_different_keys_draw_different_batches_and_equal_keys_the_same():
    replay = prioritised(capacity=100, batch_size=16)
    state = grown(replay, [step(number) for number in range(100)])
    first, again, other = (
        drawn(replay, state, jax.random.key(seed)).action.tolist() for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


# --- weights --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("importance", "expected"),
    [
        (0.0, [1, 1, 1, 1, 1, 1, 1]),
        # (1 / (3 P))^½ with P = 1/7, 2/7, 4/7, divided by the largest: 1, 1/√2, 1/2
        (0.5, [1, 0.5**0.5, 0.5**0.5, 0.5, 0.5, 0.5, 0.5]),
        (1.0, [1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25]),
    ],
)
def test_weights_by_hand(importance, expected):
    replay = prioritised(
        capacity=10, batch_size=7, exponent=1.0, epsilon=TINY, importance=importance
    )
    state = with_errors(replay, grown(replay, [step(number) for number in range(4)]), [1, -2, 4])
    np.testing.assert_allclose(drawn(replay, state).weight, expected, rtol=1e-6)


def test_importance_grows_with_the_steps_of_all_environments():
    """Three environments and a line of 30 steps from 0 to 1: after step 4 of each, β = 0.4."""
    schedule = schedules.Linear(start=0.0, end=1.0, steps=30)
    replay = prioritised(
        capacity=60, batch_size=10, exponent=1.0, epsilon=TINY, importance=schedule
    )
    # All but environment 0 begin with a step that cannot be learned from.
    steps = [step(0, num_envs=3)] + [
        step(number, num_envs=3, valid=[True, False, False]) for number in range(1, 13)
    ]
    for added, importance in [(4, 0.4), (8, 0.8), (13, 1.0)]:
        state = grown(replay, steps[:added], num_envs=3)
        # Priorities 1 (row 0 of environments 1 and 2, never learned from), and 4 of one other.
        state = with_errors(replay, state, [4.0, 1.0])
        batch = drawn(replay, state)
        heavy = np.asarray(batch.now.observation) == 0.0
        assert 0 < heavy.sum() < 10
        np.testing.assert_allclose(batch.weight[heavy], 0.25**importance, rtol=1e-5)
        np.testing.assert_allclose(batch.weight[~heavy], 1.0, rtol=1e-5)


def test_in_full_a_weight_takes_back_how_likely_the_draw_was():
    """With β = 1, weight times probability is the same for all of a batch, and 1 the largest."""
    replay = prioritised(capacity=12, batch_size=12, importance=1.0)
    state = with_errors(replay, grown(replay, [step(number) for number in range(13)]), ERRORS)
    batches = many_batches(replay, state, 100)
    weight, law = np.asarray(batches.weight), powers(state)[np.asarray(batches.action), 0]
    product = weight * law
    np.testing.assert_allclose(product, np.broadcast_to(product[:, :1], product.shape), rtol=1e-5)
    np.testing.assert_allclose(weight.max(-1), 1.0, rtol=1e-6)


# --- what can be drawn ----------------------------------------------------------------------------


def test_a_transition_is_drawn_once_the_next_action_is_known():
    replay = prioritised(capacity=4, batch_size=4)
    for added in range(2, 6):
        state = grown(replay, [step(number) for number in range(added)])
        assert {entry[1] for entry in drawable(replay, state)} == set(range(added - 1))


@pytest.mark.parametrize("added", [5, 6, 7, 8, 11, 12, 13, 20])
def test_a_full_ring_holds_the_newest_capacity_steps(added):
    replay = prioritised(capacity=4, batch_size=4)
    state = grown(replay, [step(number) for number in range(added)])
    expected = {
        (number, number, 10.0 * number, 0.5, number + 1.0, 1.0)
        for number in range(added - 5, added - 1)
    }
    assert drawable(replay, state) == expected
    assert (powers(state) > 0).sum() == 4


@pytest.mark.parametrize("added", [4, 5, 6, 9, 14])
def test_capacity_is_shared_by_the_environments(added):
    replay = prioritised(capacity=6, batch_size=6)
    state = grown(replay, [step(number, num_envs=2) for number in range(added)], num_envs=2)
    assert drawable(replay, state) == {
        (shown, number, 10.0 * shown, 0.5, shown + 1, 1.0)
        for number in range(added - 4, added - 1)
        for shown in (0.0 + number, 1000.0 + number)
    }


@pytest.mark.parametrize("added", [4, 5, 6, 7, 8, 9, 15])
def test_n_step_windows_survive_the_wrap_around(added):
    replay = prioritised(capacity=4, batch_size=4, n_step=2)
    state = grown(replay, [step(number) for number in range(added)])
    # The reward is 10 t + ½ · 10 (t + 1) = 15 t + 5, the discount ¼, two observations on.
    assert drawable(replay, state) == {
        (number, number, 15.0 * number + 5, 0.25, number + 2.0, 1.0)
        for number in range(max(0, added - 6), added - 2)
    }


@pytest.mark.parametrize("end", ["terminated", "truncated"])
@pytest.mark.parametrize("n_step", [1, 3])
def test_a_step_that_only_starts_an_episode_is_never_drawn(n_step, end):
    replay = prioritised(capacity=12, batch_size=12, n_step=n_step)
    steps = [step(0), step(1), step(2, **{end: True}), step(3, valid=False)]
    steps += [step(number) for number in range(4, 9)]
    entries = drawable(replay, grown(replay, steps))
    assert {entry[1] for entry in entries} == {0, 1, 2, 4, 5, 6, 7} - (
        {6, 7} if n_step == 3 else set()
    )
    assert {entry[-1] for entry in entries} == {1.0}


def test_windows_end_with_their_episode():
    replay = prioritised(capacity=12, batch_size=12, n_step=3)
    steps = [step(0), step(1), step(2, truncated=True), step(3, valid=False), step(4), step(5)]
    # 0 + ½ · 10 + ¼ · 20 = 10 and 10 + ½ · 20 = 20, then nothing but step 2's own 20; all
    # bootstrap from observation 3. Of what begins at step 4 only two steps are known.
    assert drawable(replay, grown(replay, steps)) == {
        (0.0, 0, 10.0, 0.125, 3.0, 1.0),
        (1.0, 1, 20.0, 0.25, 3.0, 1.0),
        (2.0, 2, 20.0, 0.5, 3.0, 1.0),
    }


def test_environments_end_their_episodes_independently():
    replay = prioritised(capacity=20, batch_size=20)
    steps = [step(0, num_envs=2, terminated=[True, False])]
    steps += [step(1, num_envs=2, valid=[False, True]), step(2, num_envs=2), step(3, num_envs=2)]
    entries = drawable(replay, grown(replay, steps, num_envs=2))
    assert {entry[0] for entry in entries} == {0.0, 2.0, 1000.0, 1001.0, 1002.0}


def test_a_cut_step_without_a_next_action_is_drawn_with_no_weight_and_then_no_more():
    replay = prioritised(capacity=10, batch_size=10)
    steps = [step(0), step(1, truncated=True), step(2, valid=False), step(3), step(4)]
    state = grown(replay, steps)
    batch = drawn(replay, state, next_action=True)
    weights = dict(zip(batch.action.tolist(), batch.weight.tolist(), strict=True))
    assert weights == {0: 1.0, 1: 0.0, 3: 1.0}
    assert batch.next_action.tolist() == [{0: 1, 1: 2, 3: 4}[a] for a in batch.action.tolist()]
    state = update_priorities(replay, state, batch, jnp.ones(10))
    batches = many_batches(replay, state, 50, next_action=True)
    assert set(batches.action.ravel().tolist()) == {0, 3}
    assert set(batches.weight.ravel().tolist()) == {1.0}


def test_interrupting_cuts_the_newest_step():
    replay = prioritised(capacity=8, batch_size=8, n_step=2)
    state = replay.interrupt(grown(replay, [step(0), step(1), step(2)]))
    for entry in (step(3, valid=False), step(4), step(5), step(6)):
        state = add(replay, state, entry)
    by_action = {entry[1]: entry for entry in drawable(replay, state)}
    assert set(by_action) == {0, 1, 2, 4}
    assert by_action[0] == (0.0, 0, 5.0, 0.25, 2.0, 1.0)  # untouched
    assert by_action[1] == (1.0, 1, 20.0, 0.25, 3.0, 1.0)  # 10 + ½ · 20
    assert by_action[2] == (2.0, 2, 20.0, 0.5, 3.0, 1.0)  # cut: one step, still bootstrapped


@pytest.mark.parametrize("added", [0, 1])
def test_nothing_to_draw_is_no_weight_and_no_nan(added):
    replay = prioritised(capacity=4, batch_size=3)
    state = grown(replay, [step(number) for number in range(added)])
    batch = drawn(replay, state)
    assert batch.weight.tolist() == [0.0, 0.0, 0.0]
    after = update_priorities(replay, state, batch, jnp.ones(3))
    for leaf in jax.tree.leaves((batch, after)):
        assert np.isfinite(np.asarray(leaf)).all()
    jax.tree.map(np.testing.assert_array_equal, after, state)


# --- priorities -----------------------------------------------------------------------------------


def test_priorities_follow_errors():
    replay = prioritised(capacity=8, batch_size=4, exponent=0.5, epsilon=0.25)
    state = grown(replay, [step(number) for number in range(6)])
    assert powers(state)[:, 0].tolist() == [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]
    state = with_errors(replay, state, [2.0, -3.75, 0.0])
    # √2.25, √4, √0.25; rows not learned from keep theirs
    np.testing.assert_allclose(powers(state)[:5, 0], [1.5, 2.0, 0.5, 1.0, 1.0])
    state = with_errors(replay, state, [0.75])
    np.testing.assert_allclose(powers(state)[:5, 0], [1.0, 2.0, 0.5, 1.0, 1.0])


def test_a_new_transition_has_the_largest_priority_so_far():
    replay = prioritised(capacity=3, batch_size=2, exponent=1.0, epsilon=TINY)
    state = with_errors(replay, grown(replay, [step(0), step(1)]), [5.0])
    # The row of the largest is overwritten in time: it is remembered all the same.
    for number in range(2, 9):
        state = add(replay, state, step(number))
    occupied = powers(state)[:, 0]
    np.testing.assert_allclose(occupied[occupied > 0], [5.0, 5.0, 5.0])
    # Smaller errors do not lower it.
    batch = drawn(replay, state)
    state = update_priorities(replay, state, batch, jnp.full(2, 0.5))
    state = add(replay, state, step(9))
    assert float(state.priorities.largest) == 5.0
    assert 5.0 in powers(state)[:, 0]


def test_what_was_drawn_is_what_is_updated():
    replay = prioritised(capacity=12, batch_size=12, exponent=1.0, epsilon=TINY)
    steps = [step(number, num_envs=2) for number in range(19)]
    state = grown(replay, steps, num_envs=2)
    batch = drawn(replay, state)
    shown = np.asarray(batch.now.observation)
    state = update_priorities(replay, state, batch, jnp.asarray(shown + 1))
    ring, after = np.asarray(state.stream.seen.observation), powers(state)
    touched = np.isin(ring, shown) & (after > 0)
    np.testing.assert_allclose(after[touched], ring[touched] + 1)
    np.testing.assert_allclose(after[~touched & (after > 0)], 1.0)
    assert touched.sum() == len(set(shown.tolist()))


@pytest.mark.parametrize("error", [jnp.nan, jnp.inf, -jnp.inf])
def test_an_error_that_is_no_number_changes_nothing(error):
    replay = prioritised(capacity=4, batch_size=4)
    state = grown(replay, [step(number) for number in range(5)])
    after = with_errors(replay, state, [error, 2.0])
    expected = with_errors(replay, state, [0.0, 2.0])
    # but for the row concerned, which keeps its priority of 1
    np.testing.assert_array_equal(powers(after)[1:], powers(expected)[1:])
    assert powers(after)[0, 0] == 1.0
    assert np.isfinite(np.asarray(drawn(replay, after).weight)).all()
    assert float(after.priorities.largest) == float(expected.priorities.largest)


def test_transitions_of_all_environments_learned_from_together_are_found_again():
    """Random histories: after every update the priorities are those a plain table would hold."""
    replay = prioritised(capacity=12, batch_size=8, n_step=2, exponent=1.0, epsilon=0.5)
    rng = np.random.default_rng(0)
    state = grown(replay, [], num_envs=2)
    ring, table, largest = state.stream.rows, np.zeros((state.stream.rows, 2)), 1.0
    valid_at = []
    for number in range(60):
        valid = rng.random(2) < 0.8
        valid_at.append(valid)
        state = add(replay, state, step(number, num_envs=2, valid=valid))
        begun = number + 1 - 3
        if begun >= 0:
            table[begun % ring] = np.where(valid_at[begun], largest, 0.0)
        table[(number + 1) % ring] = 0.0
        np.testing.assert_allclose(powers(state), table, rtol=1e-6)
        if table.sum() == 0:
            continue
        batch = drawn(replay, state, jax.random.key(number))
        rows, envs = np.asarray(batch.source).T
        assert (table[rows, envs] > 0).all()
        # One error a transition: the same sample drawn twice has the same error.
        errors = rng.normal(size=(ring, 2))[rows, envs]
        state = update_priorities(replay, state, batch, jnp.asarray(errors, jnp.float32))
        table[rows, envs] = np.abs(errors) + 0.5
        largest = max(largest, (np.abs(errors) + 0.5).max())
        np.testing.assert_allclose(powers(state), table, rtol=1e-6)


# --- in an agent ----------------------------------------------------------------------------------


def test_learning_before_a_transition_can_be_drawn_is_refused():
    with pytest.raises(UsageError, match=r"learning_starts is 7.*after 8 steps"):
        Agent(replay=Prioritised(n_step=3), num_envs=2, learning_starts=7)
    Agent(replay=Prioritised(n_step=3), num_envs=2, learning_starts=8)
    # SARSA looks at the action that is waited for anyway: nothing more is needed.
    Agent(replay=Prioritised(n_step=3), num_envs=2, learning_starts=8, bootstrap=bootstraps.Sarsa())


def test_a_capacity_too_small_for_a_window_is_refused():
    with pytest.raises(UsageError, match=r"Prioritised\.capacity is 11"):
        Agent(replay=Prioritised(capacity=11, batch_size=4, n_step=3), num_envs=4)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("capacity", 0),
        ("batch_size", 0),
        ("batch_size", 50_001),
        ("n_step", 0),
        ("exponent", -0.1),
        ("exponent", 1.1),
        ("importance", 1.5),
        ("importance", schedules.Linear(start=-0.5, end=1.0)),
        ("epsilon", 0.0),
    ],
)
def test_what_cannot_work_is_refused(field, value):
    with pytest.raises(UsageError, match=rf"Prioritised\.{field}"):
        Prioritised(**{field: value})


SGD = optimizers.SGD(learning_rate=schedules.Exponential(start=6.0, rate=0.9985, end=0.2))
FORCED = mdp.side_by_side(list(mdp.FORCED.values()), 4)
ALL = mdp.side_by_side([*mdp.FORCED.values(), *mdp.FREE.values()], 4)


def test_an_agent_learns_q_star():
    importance = schedules.Linear(start=0.4, end=1.0, steps=20_000)
    agent = agent_for_probes(
        replay=Prioritised(capacity=4_000, importance=importance), optimizer=SGD
    )
    assert_learns_q_star(agent, ALL, 3_000)


def test_an_agent_learns_q_star_from_windows_of_three_steps():
    agent = agent_for_probes(replay=Prioritised(capacity=4_000, n_step=3), optimizer=SGD)
    assert_learns_q_star(agent, FORCED, 3_000)


def test_seeds_side_by_side_are_the_same_as_one_after_another():
    agent = agent_for_probes(
        replay=prioritised(capacity=100, batch_size=8), num_envs=2, learning_starts=10
    )
    env = Vectorised(mdp.Probe(mdp.choices()), 2)
    together = CompiledDriver(agent, env, side_by_side=True)
    states = together.split(together.advance(together.init([0, 1]), 0, 100))
    alone = CompiledDriver(agent, env)
    for seed, state in enumerate(states):
        own = alone.advance(alone.init([seed]), 0, 100).agent
        np.testing.assert_allclose(powers(state.agent.replay), powers(own.replay), rtol=1e-4)
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6),
            state.agent.learner.params,
            own.learner.params,
        )
