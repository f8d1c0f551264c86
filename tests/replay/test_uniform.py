"""The ring of steps, with sizes a reader can follow, and the law batches are drawn by."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from qlax.replay import Seen, Uniform
from tests.replay.history import SPEC, as_tuples, drawn, filled, step

GAMMA = jnp.float32(0.5)


def everything(replay, state, draws=400):
    """Return the set of transitions that can be drawn, and how often each was."""
    seen = {}
    for seed in range(draws):
        for entry in as_tuples(drawn(replay, state, jax.random.key(seed), GAMMA)):
            seen[entry] = seen.get(entry, 0) + 1
    return seen


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    """Compile sampling once a replay, so that drawing hundreds of batches is quick."""
    plain = Uniform.sample
    compiled = jax.jit(plain, static_argnums=0, static_argnames="next_action")
    monkeypatch.setattr(Uniform, "sample", compiled)


def test_what_was_added_is_what_is_drawn():
    replay = Uniform(capacity=4, batch_size=2)
    state = filled(replay, [step(0), step(1)])
    assert set(everything(replay, state)) == {
        (0.0, 0, 0.0, 0.5, 1.0, 1.0),
        (1.0, 1, 10.0, 0.5, 2.0, 1.0),
    }


def test_an_empty_replay_knows_the_first_observation():
    replay = Uniform(capacity=4, batch_size=1)
    state = filled(replay, [step(0)])
    assert set(everything(replay, state, 5)) == {(0.0, 0, 0.0, 0.5, 1.0, 1.0)}


@pytest.mark.parametrize("added", [4, 5, 6, 7, 9, 14])
def test_a_full_ring_holds_the_newest_capacity_steps(added):
    replay = Uniform(capacity=4, batch_size=4)
    state = filled(replay, [step(number) for number in range(added)])
    assert set(everything(replay, state, 40)) == {
        (number, number, 10.0 * number, 0.5, number + 1.0, 1.0)
        for number in range(added - 4, added)
    }


@pytest.mark.parametrize("added", [2, 3, 5, 8])
def test_capacity_is_shared_by_the_environments(added):
    replay = Uniform(capacity=4, batch_size=4)
    state = filled(replay, [step(number, num_envs=2) for number in range(added)], num_envs=2)
    assert set(everything(replay, state, 40)) == {
        (shown, number, 10.0 * shown, 0.5, shown + 1, 1.0)
        for number in range(added - 2, added)
        for shown in (0.0 + number, 1000.0 + number)
    }


@pytest.mark.parametrize("added", [3, 4, 5, 6, 7, 11])
def test_n_step_windows_survive_the_wrap_around(added):
    replay = Uniform(capacity=4, batch_size=4, n_step=2)
    state = filled(replay, [step(number) for number in range(added)])
    # The reward is 10 t + ½ · 10 (t + 1) = 15 t + 5, the discount ¼, two observations on.
    assert set(everything(replay, state, 40)) == {
        (number, number, 15.0 * number + 5, 0.25, number + 2.0, 1.0)
        for number in range(max(0, added - 5), added - 1)
    }


def episode_of_three(**end):
    """Return steps 0, 1, 2 that end, the step that only resets, and two of the next episode."""
    return [step(0), step(1), step(2, **end), step(3, valid=False), step(4), step(5)]


def test_a_step_that_only_starts_an_episode_has_no_weight():
    replay = Uniform(capacity=8, batch_size=8)
    found = everything(replay, filled(replay, episode_of_three(terminated=True)), 40)
    assert {entry[1] for entry in found if entry[-1] == 0.0} == {3}
    assert {entry[1] for entry in found if entry[-1] == 1.0} == {0, 1, 2, 4, 5}


def test_a_terminated_episode_bootstraps_nothing_and_ends_every_window():
    replay = Uniform(capacity=8, batch_size=8, n_step=3)
    found = everything(replay, filled(replay, episode_of_three(terminated=True)), 40)
    by_action = {entry[1]: entry for entry in found}
    # 0 + ½ · 10 + ¼ · 20 = 10;  10 + ½ · 20 = 20;  20. No window sees step 3 or 4.
    assert by_action[0][2:4] == (10.0, 0.0)
    assert by_action[1][2:4] == (20.0, 0.0)
    assert by_action[2][2:4] == (20.0, 0.0)


def test_a_truncated_episode_bootstraps_from_its_last_observation():
    replay = Uniform(capacity=8, batch_size=8, n_step=3)
    found = everything(replay, filled(replay, episode_of_three(truncated=True)), 40)
    by_action = {entry[1]: entry for entry in found}
    # As above, but with γ³, γ² and γ, and always from observation 3, the episode's last.
    assert by_action[0] == (0.0, 0, 10.0, 0.125, 3.0, 1.0)
    assert by_action[1] == (1.0, 1, 20.0, 0.25, 3.0, 1.0)
    assert by_action[2] == (2.0, 2, 20.0, 0.5, 3.0, 1.0)


def test_the_last_steps_of_an_episode_are_drawn_as_often_as_the_others():
    replay = Uniform(capacity=8, batch_size=8, n_step=3)
    found = everything(replay, filled(replay, episode_of_three(truncated=True)), 200)
    # Windows may begin at steps 0, 1, 2 and 3: 1600 draws, 400 each, deviation √(1600 · 3/16) = 17
    counts = {entry[1]: count for entry, count in found.items()}
    assert set(counts) == {0, 1, 2, 3}
    assert all(abs(count - 400) < 90 for count in counts.values())


def test_a_window_is_not_drawn_before_it_is_complete():
    replay = Uniform(capacity=8, batch_size=8, n_step=3)
    state = filled(replay, [step(number) for number in range(4)])
    assert {entry[1] for entry in everything(replay, state, 40)} == {0, 1}


def test_environments_end_their_episodes_independently():
    replay = Uniform(capacity=20, batch_size=20, n_step=2)
    steps = [step(0, num_envs=2), step(1, num_envs=2, terminated=[True, False])]
    steps += [step(2, num_envs=2, valid=[False, True]), step(3, num_envs=2)]
    found = everything(replay, filled(replay, steps, num_envs=2), 40)
    by_start = {entry[0]: entry for entry in found}
    assert by_start[0.0] == (0.0, 0, 5.0, 0.0, 2.0, 1.0)  # 0 + ½ · 10, ended
    assert by_start[1000.0] == (1000.0, 0, 15_005.0, 0.25, 1002.0, 1.0)  # 10000 + ½ · 10010
    assert by_start[2.0][-1] == 0.0
    assert by_start[1002.0][-1] == 1.0


@pytest.mark.parametrize(("capacity", "num_envs", "n_step"), [(12, 1, 1), (12, 3, 1), (12, 2, 3)])
def test_every_transition_is_equally_likely(capacity, num_envs, n_step):
    replay = Uniform(capacity=capacity, batch_size=10, n_step=n_step)
    steps = [step(number, num_envs=num_envs) for number in range(2 * capacity)]
    state = filled(replay, steps, num_envs=num_envs)
    keys = jax.random.split(jax.random.key(0), 1_000)
    begun = jax.vmap(lambda key: drawn(replay, state, key, GAMMA).now.observation)(keys)
    _, counts = np.unique(np.asarray(begun), return_counts=True)
    assert len(counts) == capacity
    assert counts.sum() == 10_000
    assert scipy.stats.chisquare(counts).pvalue > 1e-3


def test_different_keys_draw_different_batches_and_equal_keys_the_same():
    replay = Uniform(capacity=100, batch_size=16)
    state = filled(replay, [step(number) for number in range(100)])
    first, again, other = (
        drawn(replay, state, jax.random.key(seed), GAMMA).now.observation.tolist()
        for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_the_action_taken_next_is_known_one_step_later():
    replay = Uniform(capacity=8, batch_size=8)
    state = filled(replay, [step(number) for number in range(4)])
    batch = drawn(replay, state, jax.random.key(0), GAMMA, next_action=True)
    # Step 3 was taken, but not the one after it.
    assert set(batch.action.tolist()) == {0, 1, 2}
    np.testing.assert_array_equal(batch.next_action, np.asarray(batch.action) + 1)
    np.testing.assert_array_equal(batch.weight, np.ones(8))


def test_the_action_taken_next_is_n_steps_ahead_or_where_the_episode_was_cut():
    replay = Uniform(capacity=100, batch_size=100, n_step=2)
    batch = drawn(
        replay,
        filled(replay, [*episode_of_three(truncated=True), step(6), step(7)]),
        jax.random.key(0),
        GAMMA,
        next_action=True,
    )
    columns = (batch.action, batch.next_action, batch.weight)
    found = dict.fromkeys(zip(*(column.tolist() for column in columns), strict=True))
    # The action after the cut (3) was ignored, so steps 1 and 2 have no a′ and do not count;
    # step 0 has: it is step 2's. Step 3 only resets.
    assert {entry for entry in found if entry[2]} == {(0, 2, 1.0), (4, 6, 1.0), (5, 7, 1.0)}
    assert {entry[0] for entry in found if not entry[2]} == {1, 2, 3}


def test_after_a_termination_no_next_action_is_missed():
    replay = Uniform(capacity=100, batch_size=100)
    state = filled(replay, episode_of_three(terminated=True))
    batch = drawn(replay, state, jax.random.key(0), GAMMA, next_action=True)
    weights = dict(zip(batch.action.tolist(), batch.weight.tolist(), strict=True))
    assert weights == {0: 1.0, 1: 1.0, 2: 1.0, 3: 0.0, 4: 1.0}


def test_what_was_seen_is_kept_whole():
    """Parts of an observation, which actions were legal, and what the memory knew."""
    replay = Uniform(capacity=4, batch_size=4)

    def seen(number):
        return Seen(
            {"a": jnp.full((2, 3), number, jnp.uint8), "b": jnp.full(2, 10 * number, jnp.int32)},
            legal=jnp.array([[True, number == 1], [False, True]]),
            memory=(jnp.full((2, 4), 0.5 * number), jnp.full((2, 4), -0.5 * number)),
        )

    state = replay.init(seen(0), SPEC)
    for number in range(3):
        state = replay.add(state, step(number, num_envs=2)._replace(next=seen(number + 1)))
    batch = drawn(replay, state, jax.random.key(0), GAMMA)
    for index, (action, env) in enumerate(
        zip(batch.action.tolist(), batch.source[:, 1].tolist(), strict=True)
    ):
        for found, expected in ((batch.now, seen(action)), (batch.next, seen(action + 1))):
            jax.tree.map(
                lambda ours, theirs, i=index, e=env: np.testing.assert_array_equal(
                    ours[i], theirs[e]
                ),
                found,
                expected,
            )
    assert batch.legal[0] is batch.now.legal
    assert batch.legal[1] is batch.next.legal


def test_interrupting_cuts_the_newest_step():
    replay = Uniform(capacity=8, batch_size=8, n_step=2)
    state = replay.interrupt(filled(replay, [step(0), step(1), step(2)]))
    state = replay.add(state, step(3, valid=False))
    by_action = {entry[1]: entry for entry in everything(replay, state, 40)}
    assert by_action[1] == (1.0, 1, 20.0, 0.25, 3.0, 1.0)  # 10 + ½ · 20
    assert by_action[2] == (2.0, 2, 20.0, 0.5, 3.0, 1.0)  # cut: one step, still bootstrapped
    assert by_action[0] == (0.0, 0, 5.0, 0.25, 2.0, 1.0)  # untouched


def test_interrupting_leaves_a_terminal_step_terminal():
    replay = Uniform(capacity=8, batch_size=8, n_step=2)
    state = replay.interrupt(filled(replay, [step(0), step(1, terminated=True)]))
    state = replay.add(state, step(2, valid=False))
    by_action = {entry[1]: entry for entry in everything(replay, state, 40)}
    assert by_action[1][2:4] == (10.0, 0.0)


def test_interrupting_an_empty_replay_changes_nothing():
    replay = Uniform(capacity=8, batch_size=8)
    state = filled(replay, [])
    jax.tree.map(np.testing.assert_array_equal, replay.interrupt(state), state)


def test_observations_keep_their_dtype_and_shape():
    replay = Uniform(capacity=4, batch_size=3)
    first = jnp.full((2, 5, 3), 255, jnp.uint8)
    state = replay.init(Seen(first), SPEC)
    state = replay.add(state, step(0, num_envs=2)._replace(next=Seen(first - 1)))
    batch = drawn(replay, state, jax.random.key(0), GAMMA)
    assert batch.now.observation.dtype == jnp.uint8
    assert batch.now.observation.shape == (3, 5, 3)
    assert int(batch.now.observation.min()) == 255
    assert int(batch.next.observation.max()) == 254


def test_what_is_learned_from_is_where_source_says():
    replay = Uniform(capacity=8, batch_size=16 // 2, n_step=2)
    steps = [step(number, num_envs=2) for number in range(11)]
    state = filled(replay, steps, num_envs=2)
    batch = drawn(replay, state, jax.random.key(0), GAMMA)
    rows, envs = np.asarray(batch.source).T
    stored = np.asarray(state.seen.observation)[rows, envs]
    np.testing.assert_array_equal(stored, batch.now.observation)


def test_updating_priorities_does_nothing():
    replay = Uniform(capacity=8, batch_size=4)
    state = filled(replay, [step(0)])
    batch = drawn(replay, state, jax.random.key(0), GAMMA)
    after = replay.update_priorities(state, batch, jnp.ones(4))
    jax.tree.map(np.testing.assert_array_equal, after, state)
