"""The tabular model: what it counts, what it imagines, and which pairs it takes first."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from qlax import Agent, UsageError, bootstraps, optimizers, schedules
from qlax.maths import sum_tree
from qlax.replay import Dyna, Latest, Seen, Step, TransitionBatch
from qlax.spaces import Box, Composite, Discrete, EnvSpec, zeros
from tests.probes import mdp
from tests.probes.training import (
    agent_for_probes,
    assert_learns_q_star,
    learned_q_values,
    trained,
)
from tests.replay.compiled import add, sample, sample_many, update_priorities
from tests.tiers import in_turn

GAMMA = jnp.float32(0.5)
KEY = jax.random.key(0)
ACTIONS = 2
SPEC = EnvSpec(id="Lived", observation=Discrete(8), num_actions=ACTIONS)


def states(*numbers):
    return jnp.array(numbers, jnp.int32)


def lived(replay, first, *steps, legal=None):
    """Return the model after steps (actions, rewards, next states, flags), a list of each."""
    num_envs = len(first)
    state = replay.init(Seen(states(*first), None if legal is None else legal(first)), SPEC)
    for action, reward, following, flags in steps:

        def flag(name, otherwise, flags=flags):
            return jnp.broadcast_to(jnp.asarray(flags.get(name, otherwise)), (num_envs,))

        entry = Step(
            action=jnp.asarray(action, jnp.int32),
            reward=jnp.asarray(reward, jnp.float32),
            terminated=flag("terminated", False),
            truncated=flag("truncated", False),
            valid=flag("valid", True),
            first=flag("first", False),
            next=Seen(states(*following), None if legal is None else legal(following)),
        )
        state = add(replay, state, entry)
    return state


def learned(replay, state, pairs, errors, weights=None):
    """Return the model after learning from these pairs (s, a), with these errors."""
    count = len(pairs)
    some = jnp.zeros(count)
    batch = TransitionBatch(
        now=Seen(some),
        action=some,
        reward=some,
        discount=some,
        next=Seen(some),
        next_action=some,
        weight=jnp.ones(count) if weights is None else jnp.asarray(weights, jnp.float32),
        source=jnp.asarray(pairs, jnp.int32),
        number=jnp.zeros(count, jnp.uint32),
    )
    return update_priorities(replay, state, batch, jnp.asarray(errors, jnp.float32))


def imagined(batch, num_envs):
    """Return the imagined transitions as (s, a, r, d, s′), those without weight left out."""
    batch = jax.tree.map(lambda array: np.asarray(array)[num_envs:], batch)
    columns = (
        batch.now.observation,
        batch.action,
        batch.reward,
        batch.discount,
        batch.next.observation,
    )
    rows = zip(*(column.tolist() for column in columns), batch.weight.tolist(), strict=True)
    return [row[:-1] for row in rows if row[-1] > 0]


# Two environments and three states. In the first: 0 → 1 → 0 → end at 2 and a reset, with action 1
# at last; in the second, action 0 always leads from 0 to 1, and twice from 1 to 1.
HISTORY = [
    ([0, 0], [1.0, 3.0], (1, 1), {"first": True}),
    ([1, 0], [-1.0, 0.0], (0, 1), {}),
    ([1, 0], [5.0, 4.0], (2, 1), {"terminated": [True, False], "truncated": [False, True]}),
    ([0, 1], [9.0, 9.0], (0, 0), {"valid": False}),
    ([0, 0], [2.0, 6.0], (1, 1), {"first": True}),
]


def test_the_model_counts_what_follows():
    state = lived(Dyna(states=3), (0, 0), *HISTORY)
    counts = np.zeros((4, 3, 2), int)  # what followed (the end is number 3), s, a
    counts[1, 0, 0] = 4
    counts[0, 1, 1] = 1
    counts[1, 1, 0] = 2  # the second time cut: that is no end
    counts[3, 0, 1] = 1
    np.testing.assert_array_equal(state.counts, counts)
    np.testing.assert_array_equal(state.visits, counts.sum(0))
    # 1 + 3 + 2 + 6, 5 for the end; 0 + 4, −1; resets pay nothing
    np.testing.assert_array_equal(state.paid, [[12.0, 5.0], [4.0, -1.0], [0.0, 0.0]])


def test_the_pairs_seen_are_those_visited():
    state = lived(Dyna(states=3, prioritised=False), (0, 0), *HISTORY)
    seen = sum_tree.get(state.seen, jnp.arange(6)).reshape(3, 2)
    np.testing.assert_array_equal(seen, np.asarray(state.visits) > 0)


def test_a_batch_begins_with_the_newest_transition_of_every_environment():
    replay = Dyna(states=3, planning=4)
    batch, _ = sample(replay, lived(replay, (0, 0), *HISTORY), KEY, GAMMA)
    assert batch.weight.shape == (6,)
    assert batch.now.observation[:2].tolist() == [0, 0]
    assert batch.action[:2].tolist() == [0, 0]
    assert batch.reward[:2].tolist() == [2.0, 6.0]
    assert batch.next.observation[:2].tolist() == [1, 1]
    assert batch.discount[:2].tolist() == [0.5, 0.5]
    assert batch.weight[:2].tolist() == [1.0, 1.0]
    assert batch.source[:2].tolist() == [[0, 0], [0, 0]]


def test_a_reset_and_an_end_are_returned_as_such():
    replay = Dyna(states=3, planning=1)
    batch, _ = sample(replay, lived(replay, (0, 0), *HISTORY[:4]), KEY, GAMMA)
    assert batch.weight[:2].tolist() == [0.0, 0.0]
    batch, _ = sample(replay, lived(replay, (0, 0), *HISTORY[:3]), KEY, GAMMA)
    assert batch.discount[:2].tolist() == [0.0, 0.5]
    assert batch.weight[:2].tolist() == [1.0, 1.0]


def test_what_is_imagined_is_what_the_model_says():
    """Every pair of this history leads to one place, with the mean of its rewards."""
    replay = Dyna(states=3, planning=64, prioritised=False)
    batch, _ = sample(replay, lived(replay, (0, 0), *HISTORY), KEY, GAMMA)
    assert set(imagined(batch, 2)) == {
        (0, 0, 3.0, 0.5, 1),  # (1 + 3 + 2 + 6) / 4
        (0, 1, 5.0, 0.0, 0),  # the end: no discount, and no state to look at but its own
        (1, 0, 2.0, 0.5, 1),  # (0 + 4) / 2
        (1, 1, -1.0, 0.5, 0),
    }
    np.testing.assert_array_equal(batch.source, np.stack([batch.now.observation, batch.action], -1))


def many(replay, state, count):
    """Return the batches of `count` keys."""
    return sample_many(replay, state, jax.random.split(KEY, count), GAMMA)


def test_pairs_seen_are_equally_likely_and_others_never_drawn():
    """However often each was visited."""
    replay = Dyna(states=5, planning=10, prioritised=False)
    batches = many(replay, lived(replay, (0, 0), *HISTORY), 400)
    pairs = np.asarray(batches.source[:, 2:]) @ [ACTIONS, 1]
    numbers, counts = np.unique(pairs, return_counts=True)
    assert numbers.tolist() == [0, 1, 2, 3]
    assert scipy.stats.chisquare(counts).pvalue > 1e-3
    np.testing.assert_array_equal(batches.weight, np.ones((400, 12)))


def test_what_follows_is_drawn_by_how_often_it_did():
    """From state 0: once to 1, three times to 2, twice to the end."""
    replay = Dyna(states=3, planning=20, prioritised=False)
    back = ([0], [0.0], (0,), {"valid": False})
    outcomes = [(1, {}), (2, {}), (2, {}), (2, {})] + [(2, {"terminated": True})] * 2
    steps = []
    for following, flags in outcomes:
        steps += [([1], [6.0 if following == 1 else 0.0], (following,), flags), back]
    batches = many(replay, lived(replay, (0,), *steps), 300)
    following = np.asarray(batches.next.observation[:, 1:])
    ended = np.asarray(batches.discount[:, 1:]) == 0.0
    assert (np.asarray(batches.now.observation[:, 1:]) == 0).all()
    np.testing.assert_array_equal(batches.reward[:, 1:], np.ones((300, 20)))  # 6 / 6
    drawn = [(following == 1) & ~ended, (following == 2) & ~ended, ended]
    counts = [int(some.sum()) for some in drawn]
    assert sum(counts) == 6_000
    assert scipy.stats.chisquare(counts, [1_000, 3_000, 2_000]).pvalue > 1e-3


def test_legal_actions_are_remembered_for_every_state():
    """State s forbids action s mod 2."""

    def legal(shown):
        return jnp.arange(ACTIONS) != jnp.asarray(shown)[:, None] % ACTIONS

    replay = Dyna(states=3, planning=64, prioritised=False)
    batch, _ = sample(replay, lived(replay, (0, 0), *HISTORY, legal=legal), KEY, GAMMA)
    legal_now, legal_next = batch.legal
    np.testing.assert_array_equal(legal_now, legal(batch.now.observation))
    np.testing.assert_array_equal(legal_next, legal(batch.next.observation))


# --- prioritised sweeping -------------------------------------------------------------------------


def test_nothing_is_urgent_at_first():
    replay = Dyna(states=3, planning=5)
    batch, _ = sample(replay, lived(replay, (0, 0), *HISTORY), KEY, GAMMA)
    assert batch.weight.tolist() == [1.0, 1.0] + [0.0] * 5
    for leaf in jax.tree.leaves(batch):
        assert np.isfinite(np.asarray(leaf)).all()


# 0 → 1 by action 0; from 1 action 0 leads to 2 three times of four and once back to 0, and
# action 1 to 2 always.
LINE = [
    ([0], [0.0], (1,), {"first": True}),
    *[([0], [0.0], (2,), {}), ([1], [0.0], (1,), {})] * 3,
    ([0], [0.0], (0,), {}),
    ([0], [0.0], (1,), {}),
    ([1], [0.0], (2,), {}),
]


def test_an_error_makes_urgent_its_pair_and_what_leads_there():
    replay = Dyna(states=3, planning=2)
    state = lived(replay, (0,), *LINE)
    _, state = sample(replay, state, KEY, GAMMA)  # from which it knows γ = ½
    state = learned(replay, state, [(2, 1)], [-8.0])
    # own: 8; before it (1, 0) with ½ · 8 · ¾ and (1, 1) with ½ · 8
    np.testing.assert_allclose(state.priority, [[0, 0], [3, 4], [0, 8]])
    # A smaller error of (1, 1): its own priority falls, and (0, 0), which leads to it, gets
    # ½ · 1; so does (2, 1), which has more already.
    state = learned(replay, state, [(1, 1)], [1.0])
    np.testing.assert_allclose(state.priority, [[0.5, 0], [3, 1], [0, 8]])


def test_an_end_leads_nowhere():
    replay = Dyna(states=3, planning=2)
    end = ([0], [1.0], (1,), {"terminated": True})
    state = lived(replay, (0,), end, ([0], [0.0], (0,), {"valid": False}))
    _, state = sample(replay, state, KEY, GAMMA)
    state = learned(replay, state, [(1, 0)], [8.0])
    np.testing.assert_allclose(state.priority, [[0, 0], [8, 0], [0, 0]])


def test_the_most_urgent_come_first_and_wait_for_their_errors():
    replay = Dyna(states=3, planning=2)
    _, state = sample(replay, lived(replay, (0,), *LINE), KEY, GAMMA)
    state = learned(replay, state, [(2, 1)], [8.0])
    batch, after = sample(replay, state, KEY, GAMMA)
    assert batch.source[1:].tolist() == [[2, 1], [1, 1]]
    assert batch.weight.tolist() == [1.0, 1.0, 1.0]
    np.testing.assert_allclose(after.priority, [[0, 0], [3, 0], [0, 0]])
    batch, after = sample(replay, after, KEY, GAMMA)
    assert batch.source[1].tolist() == [1, 0]
    assert batch.weight.tolist() == [1.0, 1.0, 0.0]
    assert not np.asarray(after.priority).any()


def test_small_errors_are_not_urgent():
    replay = Dyna(states=3, planning=2, theta=1.0)
    _, state = sample(replay, lived(replay, (0,), *LINE), KEY, GAMMA)
    state = learned(replay, state, [(2, 1)], [2.2])
    # (1, 1) would have 1.1, (1, 0) only 0.825
    np.testing.assert_allclose(state.priority, [[0, 0], [0, 1.1], [0, 2.2]])
    state = learned(replay, state, [(2, 1), (1, 1)], [1.0, 0.5])
    assert not np.asarray(state.priority).any()


def test_what_did_not_count_or_is_no_number_changes_nothing():
    replay = Dyna(states=3, planning=2)
    _, state = sample(replay, lived(replay, (0,), *LINE), KEY, GAMMA)
    state = learned(replay, state, [(2, 1)], [8.0])
    after = learned(replay, state, [(2, 1), (0, 0), (1, 1)], [5.0, jnp.nan, jnp.inf], [0, 1, 1])
    np.testing.assert_array_equal(after.priority, state.priority)


def test_of_a_pair_learned_from_twice_the_larger_error_counts():
    replay = Dyna(states=3, planning=2)
    _, state = sample(replay, lived(replay, (0,), *LINE), KEY, GAMMA)
    state = learned(replay, state, [(2, 1), (2, 1), (2, 1)], [2.0, -8.0, 1.0])
    np.testing.assert_allclose(state.priority, [[0, 0], [3, 4], [0, 8]])


def test_more_is_not_imagined_than_there_are_pairs():
    replay = Dyna(states=3, planning=50)
    batch, _ = sample(replay, lived(replay, (0,), *LINE), KEY, GAMMA)
    assert batch.weight.shape == (1 + 3 * ACTIONS,)


# --- what is not modelled -------------------------------------------------------------------------


@pytest.mark.parametrize("prioritised", [True, False])
def test_states_beyond_the_model_are_learned_from_and_not_imagined(prioritised):
    replay = Dyna(states=2, planning=8, prioritised=prioritised)
    state = lived(replay, (0,), *LINE)
    np.testing.assert_array_equal(state.visits, [[2, 0], [1, 0]])
    batch, state = sample(replay, state, KEY, GAMMA)
    assert (batch.now.observation[0], batch.next.observation[0]) == (1, 2)
    assert batch.weight[0] == 1.0
    state = update_priorities(replay, state, batch, jnp.ones_like(batch.weight))
    outside = lived(replay, (5,), ([0], [1.0], (6,), {}))
    assert not np.asarray(outside.counts).any()
    batch, _ = sample(replay, outside, KEY, GAMMA)
    assert batch.weight[0] == 1.0
    assert not np.asarray(batch.weight[1:]).any()
    outside = update_priorities(replay, outside, batch, jnp.ones_like(batch.weight))
    if prioritised:
        assert not np.asarray(outside.priority).any()


@pytest.mark.parametrize(
    "space",
    [
        Box((2,), "float32", 0.0, 1.0),
        Box((9, 9), "uint8", 0.0, 255.0),
        Composite((("position", Discrete(3)), ("speed", Box((1,), "float32", 0.0, 1.0)))),
    ],
    ids=["real numbers", "too many", "real numbers in part"],
)
def test_observations_that_number_no_states_are_refused(space):
    spec = EnvSpec(id="A", observation=space, num_actions=ACTIONS)
    with pytest.raises(UsageError, match="needs states that can be numbered"):
        Dyna().init(Seen(zeros(space, (1,))), spec)


@pytest.mark.parametrize(("field", "value"), [("planning", 0), ("theta", -1e-3), ("states", 0)])
def test_what_cannot_work_is_refused(field, value):
    with pytest.raises(UsageError, match=rf"Dyna\.{field}"):
        Dyna(**{field: value})


def test_what_does_not_go_with_the_agent_is_refused():
    Agent(replay=Dyna(), num_envs=2, learning_starts=2)
    with pytest.raises(UsageError, match="complete after 2 steps"):
        Agent(replay=Dyna(), num_envs=2, learning_starts=1)
    with pytest.raises(UsageError, match="which Sarsa asks for"):
        Agent(replay=Dyna(), bootstrap=bootstraps.Sarsa())


# --- in an agent ----------------------------------------------------------------------------------

SGD = optimizers.SGD(learning_rate=schedules.Exponential(start=6.0, rate=0.9985, end=0.2))


@pytest.mark.parametrize("prioritised", in_turn([True, False], 2))
@pytest.mark.parametrize(
    "process", [mdp.slippery_corridor(), mdp.choices()], ids=["slips", "choices"]
)
def test_an_agent_learns_q_star(process, prioritised):
    replay = Dyna(planning=10, prioritised=prioritised, states=8)
    assert_learns_q_star(agent_for_probes(replay=replay, optimizer=SGD), process, 3_000)


def test_a_model_needs_few_walks():
    """A corridor of 20 steps: without a model, its reward moves back one step a walk."""
    process = mdp.corridor(20)
    process = process._replace(start=np.eye(21)[0])
    walks = 6 * 21  # each with its reset
    known = {"num_envs": 1, "learning_starts": 1}
    # Each of a batch's entries moves its value all the way to its target.
    dyna, latest = (
        agent_for_probes(replay=replay, optimizer=optimizers.SGD(learning_rate=rate), **known)
        for replay, rate in [(Dyna(planning=10, states=21), 11.0), (Latest(), 1.0)]
    )
    assert_learns_q_star(dyna, process, walks, atol=1e-3, best_only=True)
    without = learned_q_values(latest, trained(latest, process, walks), process).max(-1)
    assert (without[:20] > 0).tolist() == [False] * 14 + [True] * 6


def test_a_pair_is_counted_as_long_as_its_rewards_can_be_summed():
    """float32 has no number between 2²⁴ and 2²⁴ + 2: a mean over more visits would fall to 0."""
    replay, most = Dyna(planning=2), 2**24
    state = replay.init(Seen(states(0)), SPEC)
    state = state.replace(
        visits=state.visits.at[0, 1].set(most - 1),
        counts=state.counts.at[0, 0, 1].set(most - 1),
        paid=state.paid.at[0, 1].set(most - 1.0),
    )
    no, yes = jnp.zeros(1, bool), jnp.ones(1, bool)
    entry = Step(states(1), jnp.ones(1), no, no, yes, no, Seen(states(0)))
    for _ in range(5):
        state = add(replay, state, entry)
    assert int(state.visits[0, 1]) == int(state.counts[0, 0, 1]) == most
    assert float(state.paid[0, 1] / state.visits[0, 1]) == 1.0
