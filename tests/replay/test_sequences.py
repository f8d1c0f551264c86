"""Replay of sequences: what one holds, where one may begin, and by which law they are drawn."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from qlax import Agent, UsageError, bootstraps, heads, memories, networks, optimizers, schedules
from qlax.envs.vectorised import Vectorised
from qlax.maths import sum_tree
from qlax.observations import Raw
from qlax.q_network import Evaluator, QNetwork
from qlax.replay import Proportional, Seen, Sequences, stream
from qlax.replay.sequence_batch import SequenceBatch, sequences
from qlax.spaces import Box
from tests.probes import mdp, playing
from tests.probes.training import agent_for_probes, assert_learns_q_star
from tests.replay.compiled import add, grown, sample, sample_many, update_priorities
from tests.replay.history import SPEC, step
from tests.tiers import in_turn

GAMMA = jnp.float32(0.5)
KEY = jax.random.key(0)
LAW = Proportional(exponent=1.0, importance=1.0, epsilon=1e-9)


class Shown:
    """A network that predicts nothing but what it is shown."""

    def __call__(self, observation):
        return observation

    def unroll(self, observation, memory, first):
        return observation, memory


def two_episodes(**end):
    """Return an episode of three steps, the step that only resets, and two of the next."""
    return [
        step(0, first=True),
        step(1),
        step(2, **end),
        step(3, valid=False),
        step(4, first=True),
        step(5),
    ]


def only_sequence(replay, steps, *, next_action=False):
    """Return the one sequence that as many steps as it has make up, each array [T]."""
    batch, _ = sample(replay, grown(replay, steps), KEY, GAMMA, next_action=next_action)
    assert not np.asarray(batch.source).any()
    return jax.tree.map(lambda array: np.asarray(array)[:, 0], batch)


def many_batches(replay, state, count=200, *, next_action=False):
    """Return the batches of `count` keys, each array with these as its first axis."""
    keys = jax.random.split(jax.random.key(3), count)
    return sample_many(replay, state, keys, GAMMA, next_action=next_action)


def beginnings(replay, state, *, next_action=False):
    """Return the observations that sequences may begin with."""
    batches = many_batches(replay, state, next_action=next_action)
    return set(batches.seen.observation[:, 0].ravel().tolist())


def powers(state):
    """Return pᵅ of every row and environment, shape [R, N]."""
    tree = state.priorities.tree
    leaves = sum_tree.get(tree, jnp.arange(tree.size))
    return np.asarray(leaves).reshape(-1, state.stream.num_envs)


# --- what a sequence holds ------------------------------------------------------------------------


def test_a_sequence_goes_on_across_a_terminal_state_and_its_returns_do_not():
    replay = Sequences(capacity=20, batch_size=3, length=6, n_step=2)
    batch = only_sequence(replay, two_episodes(terminated=True))
    assert batch.seen.observation.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert batch.first.tolist() == [True, False, False, False, True, False, False]
    assert batch.taken.tolist() == [0, 1, 2, 3, 4, 5]
    # 0 + ½ · 10; 10 + ½ · 20, ended; 20, ended; a reset; 40 + ½ · 50; 50, at the sequence's end
    assert batch.reward[[0, 1, 2, 4, 5]].tolist() == [5.0, 20.0, 20.0, 65.0, 50.0]
    assert batch.discount[[0, 1, 2, 4, 5]].tolist() == [0.25, 0.0, 0.0, 0.25, 0.5]
    assert batch.ahead[[0, 1, 2, 4, 5]].tolist() == [2, 2, 1, 2, 1]
    assert batch.weights.tolist() == [1, 1, 1, 0, 1, 1]
    assert batch.continues.tolist() == [True, True, False, False, True, False]


def test_a_truncated_episode_bootstraps_from_its_last_observation():
    replay = Sequences(capacity=20, batch_size=3, length=6, n_step=3)
    batch = only_sequence(replay, two_episodes(truncated=True))
    # 0 + ½ · 10 + ¼ · 20; 10 + ½ · 20; 20: all from observation 3
    assert batch.reward[:3].tolist() == [10.0, 20.0, 20.0]
    assert batch.discount[:3].tolist() == [0.125, 0.25, 0.5]
    assert batch.ahead[:3].tolist() == [3, 2, 1]
    assert batch.weights.tolist() == [1, 1, 1, 0, 1, 1]
    assert batch.continues.tolist() == [True, True, False, False, True, False]


def test_predictions_of_now_and_next_are_as_far_apart_as_the_return_looks():
    replay = Sequences(capacity=20, batch_size=1, length=6, n_step=3)
    batch, _ = sample(replay, grown(replay, two_episodes(truncated=True)), KEY, GAMMA)
    now, following = batch.predictions(Shown())
    assert now.tolist() == [0, 1, 2, 3, 4, 5]
    assert following[jnp.array([0, 1, 2, 4, 5])].tolist() == [3, 3, 3, 6, 6]


def test_a_cut_step_has_no_next_action_and_so_no_weight_where_one_is_asked_for():
    replay = Sequences(capacity=20, batch_size=3, length=5)
    batch = only_sequence(replay, two_episodes(truncated=True), next_action=True)
    assert batch.weights.tolist() == [1, 1, 0, 0, 1]
    assert batch.taken_next.tolist() == [1, 2, 3, 4, 5]
    ended = only_sequence(replay, two_episodes(terminated=True), next_action=True)
    assert ended.weights.tolist() == [1, 1, 1, 0, 1]


def test_samples_are_in_order_of_time_then_sequence_and_begin_after_the_burn_in():
    replay = Sequences(capacity=40, batch_size=4, length=2, burn_in=2)
    state = grown(replay, [step(number, num_envs=2) for number in range(12)], num_envs=2)
    batch, _ = sample(replay, state, KEY, GAMMA)
    begun = np.asarray(batch.seen.observation[0])
    now, following = batch.predictions(Shown())
    np.testing.assert_array_equal(now, np.concatenate([begun + 2, begun + 3]))
    np.testing.assert_array_equal(following, np.concatenate([begun + 3, begun + 4]))
    np.testing.assert_array_equal(batch.action, np.concatenate([begun + 2, begun + 3]) % 1000)
    assert batch.weight.shape == (8,)
    errors = jnp.arange(8.0)
    np.testing.assert_array_equal(batch.errors(errors), errors.reshape(2, 4))


def test_legal_actions_are_those_of_the_states_that_are_compared():
    """Of three actions, observation t forbids action t mod 3."""
    replay = Sequences(capacity=20, batch_size=1, length=4, burn_in=1, n_step=2)

    def seen(number):
        return Seen(jnp.full(1, float(number)), jnp.arange(3)[None] != number % 3)

    state = replay.init(seen(0), SPEC)
    for number in range(5):
        state = add(replay, state, step(number)._replace(next=seen(number + 1)))
    batch, _ = sample(replay, state, KEY, GAMMA)
    now, following = batch.predictions(Shown())
    assert now.tolist() == [1, 2, 3, 4]
    assert following.tolist() == [3, 4, 5, 5]
    legal_now, legal_next = (np.asarray(mask) for mask in batch.legal)
    np.testing.assert_array_equal(legal_now.argmin(-1), np.asarray(now) % 3)
    np.testing.assert_array_equal(legal_next.argmin(-1), np.asarray(following) % 3)


@pytest.mark.parametrize("next_action", [False, True])
@pytest.mark.parametrize("n_step", in_turn([1, 2, 4], 3))
def test_where_a_sequence_is_long_enough_its_returns_are_those_of_windows(n_step, next_action):
    """Random histories of three environments, every sequence and every window in them."""
    rng = np.random.default_rng(n_step)
    replay = Sequences(capacity=60, length=4)
    state, done = grown(replay, [], num_envs=3), np.zeros(3, bool)
    for number in range(40):
        valid, ends = ~done, rng.random(3)
        terminated, truncated = valid & (ends < 0.15), valid & (ends > 0.85)
        flags = {"terminated": terminated, "truncated": truncated, "valid": valid}
        state = add(replay, state, step(number, num_envs=3, **flags))
        done = terminated | truncated
    ring, length = state.stream, 7
    first, last = int(stream.first_start(ring)), 40 - length - next_action
    start, env = (
        jnp.asarray(grid.ravel()) for grid in np.meshgrid(np.arange(first, last + 1), np.arange(3))
    )
    batch = sequences(ring, start, env, length, GAMMA, n_step=n_step, next_action=next_action)
    _, following = batch.predictions(Shown())
    following = batch.errors(following)  # [T, B]
    for ahead in range(length - n_step + 1):
        windows = stream.windows(ring, start + ahead, env, n_step, GAMMA, next_action=next_action)
        np.testing.assert_allclose(batch.reward[ahead], windows.reward)
        np.testing.assert_array_equal(batch.discount[ahead], windows.discount)
        np.testing.assert_array_equal(batch.taken[ahead], windows.action)
        np.testing.assert_array_equal(batch.taken_next[ahead], windows.next_action)
        np.testing.assert_array_equal(batch.weights[ahead], windows.weight)
        np.testing.assert_array_equal(batch.seen.observation[ahead], windows.now.observation)
        np.testing.assert_array_equal(following[ahead], windows.next.observation)
    assert 0.2 < float(batch.weights.mean()) < 0.95  # there were ends, and there were steps


@pytest.mark.parametrize(
    "memory",
    in_turn(
        [
            memories.LSTM(size=4),
            memories.GRU(size=4),
            memories.PreviousActionAndReward(memory=memories.LSTM(size=4)),
        ],
        3,
    ),
)
def test_a_memory_sees_in_learning_what_it_saw_in_acting(memory):
    """With the same parameters all along, predictions are the values that were acted by."""
    replay = Sequences(capacity=100, batch_size=16, length=6, burn_in=3)
    agent = agent_for_probes(
        replay=replay, memory=memory, network=networks.MLP(hidden=(4,)), num_envs=2
    )
    env = Vectorised(mdp.Probe(mdp.corridor(4)), 2, 3)

    @jax.jit
    def act(state, timestep):
        known = agent.policy_params(state.learner), env.spec, timestep.observation
        memory = state.actor.memory
        previous = state.actor.action, timestep.reward
        values, _ = agent.values(*known, memory, timestep.first, previous=previous)
        return (values, memory), *playing.act(agent, state, timestep)

    step_env, observe = jax.jit(env.step), jax.jit(functools.partial(playing.observe, agent))
    env_state, timestep = env.init(jax.random.key(1))
    state = agent.init(jax.random.key(2), env.spec, timestep)
    lived = []
    for _ in range(40):
        seen, action, state = act(state, timestep)
        env_state, following = step_env(env_state, action)
        state, timestep = observe(state, timestep, action, following), following
        lived.append(seen)
    lived.append(act(state, timestep)[0])
    values, remembered = jax.tree.map(lambda *arrays: np.stack(arrays), *lived)
    batch, _ = replay.sample(state.replay, KEY, GAMMA, next_action=False)
    network = QNetwork(
        observation=agent.observation,
        network=agent.network,
        memory=agent.memory,
        head=agent.head,
        space=env.spec.observation,
        num_actions=env.spec.num_actions,
    )
    known = agent.acting_params(state.learner)
    evaluate = Evaluator(network, known.network, known.stage, {})
    now, following = batch.predictions(evaluate)
    begun, envs = np.asarray(batch.source).T
    at = begun + 3 + np.arange(6)[:, None]
    np.testing.assert_allclose(now, values[at, envs].reshape(-1, 2), atol=1e-5)
    np.testing.assert_allclose(following, values[at + 1, envs].reshape(-1, 2), atol=1e-5)
    stored = jax.tree.map(lambda array: array[0], batch.seen.memory)
    true = jax.tree.map(lambda array: array[begun, envs], remembered)
    jax.tree.map(np.testing.assert_array_equal, stored, true)
    assert np.asarray(batch.first)[1:].any(0).all()  # an episode begins within every sequence
    assert len({tuple(row) for row in np.round(values.reshape(-1, 2), 4)}) > 8


@pytest.mark.parametrize("memory", [memories.LSTM(size=4), memories.GRU(size=4)])
def test_no_gradient_flows_through_the_burn_in(memory):
    """It warms up the memory: what is learned is as if that had been given."""
    space = Box(shape=(2,), dtype="float32", low=-1.0, high=1.0)
    network = QNetwork(
        observation=Raw(),
        network=networks.MLP(hidden=(3,)),
        memory=memory,
        head=heads.Scalar(),
        space=space,
        num_actions=2,
    )
    shown = jax.random.uniform(jax.random.key(1), (8, 3, 2))  # T + 1 = 8, B = 3
    first = jnp.zeros((8, 3), bool).at[0].set(True)
    params = network.fresh_params(KEY, (), shown[0])
    none, whole = jnp.zeros((7, 3)), jnp.zeros((7, 3), jnp.int32)
    batch = SequenceBatch(
        seen=Seen(shown, None, jax.tree.map(lambda array: array[None], memory.init(3))),
        first=first,
        taken=whole,
        reward=none,
        discount=none,
        ahead=whole + 1,
        taken_next=whole,
        continues=none > 0,
        probability=None,
        weights=none,
        source=whole[:3, :2],
        numbers=whole,
        burn_in=4,
        lambda_return=None,
    )

    def total(params, shown):
        seen = batch.seen._replace(observation=shown)
        predicted = batch.replace(seen=seen).predictions(Evaluator(network, params, (), {}))
        return sum(values.sum() for values in predicted)

    gradient, of_shown = jax.grad(total, argnums=(0, 1))(params, shown)
    assert not np.asarray(of_shown[:4]).any()
    assert np.asarray(of_shown[4:]).all()

    _, warm = Evaluator(network, params, (), {}).unroll(shown[:4], memory.init(3), first[:4])

    def given(params):
        evaluate = Evaluator(network, params, (), {})
        values, _ = evaluate.unroll(shown[4:], warm, first[4:])
        return values[:-1].sum() + values[1:].sum()

    expected = jax.grad(given)(params)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4), gradient, expected)


# --- where a sequence may begin -------------------------------------------------------------------


@pytest.mark.parametrize("priority", [None, LAW])
@pytest.mark.parametrize("added", [4, 5, 8, 9, 10, 11, 17, 25])
def test_sequences_begin_at_all_of_the_newest_capacity_steps(added, priority):
    replay = Sequences(capacity=6, batch_size=8, length=2, burn_in=1, priority=priority)
    state = grown(replay, [step(number) for number in range(added)])
    # Three steps long; drawn by priority, the action after them is known besides.
    waits = priority is not None
    newest = added - 3 - waits
    assert beginnings(replay, state) == set(range(max(0, newest - 5), newest + 1))


@pytest.mark.parametrize("priority", [None, LAW])
@pytest.mark.parametrize("added", [4, 5, 8, 9, 10, 11, 12, 17, 25])
def test_with_a_stride_sequences_begin_at_its_multiples(added, priority):
    replay = Sequences(capacity=12, batch_size=8, length=3, stride=3, priority=priority)
    state = grown(replay, [step(number, num_envs=2) for number in range(added)], num_envs=2)
    newest = added - 3 - (priority is not None)
    expected = {number for number in range(max(0, newest - 5), newest + 1) if number % 3 == 0}
    assert beginnings(replay, state) == expected | {1000 + number for number in expected}


def test_with_a_stride_and_next_actions_sequences_begin_at_its_multiples():
    replay = Sequences(capacity=6, batch_size=8, length=3, stride=2)
    for added in range(4, 20):
        state = grown(replay, [step(number) for number in range(added)])
        newest = added - 4
        expected = {number for number in range(max(0, newest - 4), newest + 1) if number % 2 == 0}
        assert beginnings(replay, state, next_action=True) == expected


@pytest.mark.parametrize("stride", [1, 3])
def test_every_sequence_is_equally_likely(stride):
    replay = Sequences(capacity=36, batch_size=10, length=3, stride=stride)
    state = grown(replay, [step(number, num_envs=3) for number in range(30)], num_envs=3)
    batches = many_batches(replay, state, 1_000)
    begun, counts = np.unique(np.asarray(batches.seen.observation[:, 0]), return_counts=True)
    assert len(begun) == 36 // stride
    assert counts.sum() == 10_000
    assert scipy.stats.chisquare(counts).pvalue > 1e-3


def test_a_sequence_without_a_step_to_learn_from_is_not_drawn_by_priority():
    replay = Sequences(capacity=12, batch_size=8, length=1, burn_in=1, priority=LAW)
    state = grown(replay, [*two_episodes(truncated=True), step(6), step(7)])
    # What begins with step 2 would learn from step 3, the reset.
    assert beginnings(replay, state) == {0, 1, 3, 4, 5}


def test_interrupting_cuts_the_newest_step():
    replay = Sequences(capacity=12, batch_size=2, length=4)
    state = replay.interrupt(grown(replay, [step(0), step(1)]))
    for entry in (step(2, valid=False), step(3)):
        state = add(replay, state, entry)
    batch, _ = sample(replay, state, KEY, GAMMA)
    assert batch.discount[:, 0].tolist()[:2] == [0.5, 0.5]
    assert batch.continues[:, 0].tolist() == [True, False, False, False]
    assert batch.first[:, 0].tolist() == [False, False, False, True, False]


# --- priorities -----------------------------------------------------------------------------------


def learned(replay, state, rows, errors):
    """Return the replay after learning from the sequences of environment 0 at the given rows.

    Errors are given by sequence: one list of the steps that are learned from for each.
    """
    rows = jnp.asarray(rows)
    batch = sequences(
        state.stream,
        rows,
        jnp.zeros_like(rows),
        replay.steps,
        GAMMA,
        n_step=replay.n_step,
        burn_in=replay.burn_in,
    )
    flat = jnp.asarray(errors, jnp.float32).T.reshape(-1)
    return update_priorities(replay, state, batch, flat)


@pytest.mark.parametrize(
    ("eta", "expected"),
    [
        (1.0, [4.0, 3.0]),
        (0.0, [2.0, 2.0]),  # (1 + 4 + 1) / 3 and (3 + 1) / 2, as its second step is a reset
        (0.9, [3.8, 2.9]),
    ],
)
def test_a_priority_is_made_of_the_largest_and_the_mean_error_of_its_valid_steps(eta, expected):
    replay = Sequences(capacity=20, length=3, burn_in=1, priority=LAW, eta=eta)
    steps = [step(0), step(1), step(2), step(3, truncated=True), step(4, valid=False)]
    steps += [step(number) for number in range(5, 9)]
    state = learned(replay, grown(replay, steps), [0, 2], [[1, -4, 1], [-3, 100, 1]])
    # Those not learned from keep the first priority, 1.
    np.testing.assert_allclose(
        powers(state)[:6, 0], [expected[0], 1.0, expected[1], 1.0, 1.0, 0.0], rtol=1e-6
    )


def test_sequences_are_drawn_in_proportion_to_their_priorities_and_weighted_against_it():
    """Priorities 1, 2 and 4, seven draws: one, two and four of them, weighted 1, ½ and ¼."""
    replay = Sequences(capacity=20, batch_size=7, length=2, stride=2, priority=LAW)
    state = grown(replay, [step(0), step(1, truncated=True), step(2, valid=False)])
    for number in range(3, 7):
        state = add(replay, state, step(number))
    state = learned(replay, state, [0, 2, 4], [[1, 1], [9, 2], [4, -4]])
    batch, _ = sample(replay, state, KEY, GAMMA)
    assert batch.seen.observation[0].tolist() == [0, 2, 2, 4, 4, 4, 4]
    weights = np.array([1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25])
    np.testing.assert_allclose(batch.weights[1], weights, rtol=1e-6)
    # The first step of what begins at 2 is a reset: no weight at all.
    np.testing.assert_allclose(batch.weights[0], weights * [1, 0, 0, 1, 1, 1, 1], rtol=1e-6)


def test_importance_grows_with_the_steps_of_all_environments():
    """Three environments and a line of 30 steps from 0 to 1: after step 6 of each, β = 0.6."""
    law = Proportional(
        exponent=1.0, epsilon=1e-9, importance=schedules.Linear(start=0.0, end=1.0, steps=30)
    )
    replay = Sequences(capacity=60, batch_size=30, length=2, stride=2, priority=law)
    # Environments 1 and 2 have nothing to learn from.
    steps = [step(number, num_envs=3, valid=[True, False, False]) for number in range(13)]
    for added, importance in [(6, 0.6), (8, 0.8), (13, 1.0)]:
        # Sequences of environment 0: priority 1 where it begins with step 0, 4 all others.
        state = learned(replay, grown(replay, steps[:added], num_envs=3), [0, 2], [[1, 1], [4, 4]])
        batch, _ = sample(replay, state, KEY, GAMMA)
        begins = np.asarray(batch.seen.observation)[0]
        assert {0.0, 2.0} <= set(begins.tolist())
        weights = np.asarray(batch.weights)[1]
        np.testing.assert_allclose(weights[begins == 0.0], 1.0, rtol=1e-5)
        np.testing.assert_allclose(weights[begins == 2.0], 0.25**importance, rtol=1e-5)


def test_a_new_sequence_has_the_largest_priority_so_far():
    replay = Sequences(capacity=4, batch_size=2, length=2, priority=LAW)
    state = learned(replay, grown(replay, [step(0), step(1), step(2)]), [0], [[6, 6]])
    for number in range(3, 12):
        state = add(replay, state, step(number))
    occupied = powers(state)[:, 0]
    np.testing.assert_allclose(occupied[occupied > 0], [6.0, 6.0, 6.0, 6.0], rtol=1e-6)


def test_without_priorities_learning_leaves_the_replay_as_it_is():
    replay = Sequences(capacity=12, batch_size=2, length=2)
    state = grown(replay, [step(number) for number in range(4)])
    batch, after = sample(replay, state, KEY, GAMMA)
    after = update_priorities(replay, after, batch, jnp.ones(4))
    jax.tree.map(np.testing.assert_array_equal, after, state)
    assert state.priorities is None


@pytest.mark.parametrize("added", [0, 2])
def test_nothing_to_draw_is_no_weight_and_no_nan(added):
    replay = Sequences(capacity=8, batch_size=2, length=2, priority=LAW)
    state = grown(replay, [step(number) for number in range(added)])
    batch, _ = sample(replay, state, KEY, GAMMA)
    assert not np.asarray(batch.weights).any()
    after = update_priorities(replay, state, batch, jnp.ones(4))
    jax.tree.map(np.testing.assert_array_equal, after, state)


# --- in an agent ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [("stride", 0), ("eta", 1.1), ("eta", -0.1)],
)
def test_what_cannot_work_is_refused(field, value):
    with pytest.raises(UsageError, match=rf"Sequences\.{field}"):
        Sequences(**{field: value})


@pytest.mark.parametrize(
    ("field", "value"), [("exponent", 1.5), ("importance", -0.5), ("epsilon", 0.0)]
)
def test_a_law_that_is_none_is_refused(field, value):
    with pytest.raises(UsageError, match=rf"Proportional\.{field}"):
        Proportional(**{field: value})


@pytest.mark.parametrize(
    ("priority", "bootstrap", "needed"),
    [
        (None, bootstraps.Greedy(), 4),
        (None, bootstraps.Sarsa(), 5),
        (LAW, bootstraps.Greedy(), 5),
        (LAW, bootstraps.Sarsa(), 5),
    ],
)
def test_learning_begins_when_the_first_sequence_can_be_drawn(priority, bootstrap, needed):
    replay = Sequences(length=3, burn_in=1, priority=priority)
    parts = {"replay": replay, "bootstrap": bootstrap, "num_envs": 2}
    Agent(**parts, learning_starts=2 * needed)
    with pytest.raises(UsageError, match=rf"after {2 * needed} steps"):
        Agent(**parts, learning_starts=2 * needed - 1)


def test_a_capacity_in_which_no_sequence_might_begin_is_refused():
    Agent(replay=Sequences(capacity=20, length=4, stride=10), num_envs=2)
    with pytest.raises(UsageError, match=r"Sequences\.capacity is 19"):
        Agent(replay=Sequences(capacity=19, length=4, stride=10), num_envs=2)


SGD = optimizers.SGD(learning_rate=schedules.Exponential(start=6.0, rate=0.9985, end=0.2))
ALL = mdp.side_by_side([*mdp.FORCED.values(), *mdp.FREE.values()], 4)


@pytest.mark.parametrize("stride", [1, 3])
def test_an_agent_learns_q_star_from_prioritised_sequences(stride):
    replay = Sequences(
        capacity=4_000, batch_size=8, length=4, stride=stride, priority=Proportional()
    )
    assert_learns_q_star(agent_for_probes(replay=replay, optimizer=SGD), ALL, 3_000)
