"""The same history in a flashbax buffer, the same returns from rlax."""

import functools

import flashbax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import rlax

from qlax.heads import Scalar, SquareRoot
from qlax.maths import sum_tree
from qlax.maths.bootstrap import Backup
from qlax.replay import LambdaReturn, Prioritised, Seen, Uniform, stream
from qlax.replay.sequence_batch import sequences
from tests.replay.history import drawn, filled, step


def test_the_same_transitions_are_remembered_as_in_a_flat_buffer():
    """Sequences of two consecutive steps, one environment, well beyond the capacity."""
    capacity, added = 8, 21
    theirs = flashbax.make_flat_buffer(max_length=capacity, min_length=2, sample_batch_size=8)
    entry = {"observation": jnp.float32(0), "action": jnp.int32(0), "reward": jnp.float32(0)}
    buffer = theirs.init(entry)
    for number in range(added):
        buffer = theirs.add(
            buffer,
            {
                "observation": jnp.float32(number),
                "action": jnp.int32(number),
                "reward": jnp.float32(10 * number),
            },
        )
    sample = jax.jit(theirs.sample)
    their_transitions = set()
    for seed in range(30):
        pair = sample(buffer, jax.random.key(seed)).experience
        columns = (
            pair.first["observation"],
            pair.first["action"],
            pair.first["reward"],
            pair.second["observation"],
        )
        their_transitions |= set(zip(*(column.tolist() for column in columns), strict=True))
    # A flat buffer of 8 observations holds 7 transitions, as the last has no successor yet.
    ours = Uniform(capacity=capacity - 1, batch_size=7)
    state = filled(ours, [step(number) for number in range(added - 1)])
    our_transitions = set()
    for seed in range(30):
        batch = drawn(ours, state, jax.random.key(seed), jnp.float32(0.9))
        columns = (batch.now.observation, batch.action, batch.reward, batch.next.observation)
        our_transitions |= set(zip(*(column.tolist() for column in columns), strict=True))
    assert our_transitions == their_transitions
    assert len(our_transitions) == 7


def test_n_step_windows_are_those_of_a_trajectory_buffer():
    """The rewards of flashbax's sequences, summed here, are our n-step rewards."""
    n, length = 3, 12
    theirs = flashbax.make_trajectory_buffer(
        add_batch_size=2,
        sample_batch_size=128,
        sample_sequence_length=n,
        period=1,
        min_length_time_axis=n,
        max_length_time_axis=length,
    )
    buffer = theirs.init({"observation": jnp.float32(0), "reward": jnp.float32(0)})
    numbers = jnp.arange(length, dtype=jnp.float32) + 1000.0 * jnp.arange(2)[:, None]
    buffer = theirs.add(buffer, {"observation": numbers, "reward": 10.0 * numbers})
    sequences = jax.jit(theirs.sample)(buffer, jax.random.key(1)).experience
    powers = 0.5 ** np.arange(n)
    expected = {
        float(first): float(total)
        for first, total in zip(
            sequences["observation"][:, 0], (sequences["reward"] * powers).sum(-1), strict=True
        )
    }
    ours = Uniform(capacity=100, batch_size=100, n_step=n)
    steps = [step(number, num_envs=2) for number in range(length)]
    batch = drawn(ours, filled(ours, steps, num_envs=2), jax.random.key(2), jnp.float32(0.5))
    begun = batch.now.observation.tolist()
    for first, total in zip(begun, batch.reward.tolist(), strict=True):
        assert total == expected[first]
    assert set(begun) == set(expected)


def test_priorities_and_weights_are_those_of_a_prioritised_buffer():
    """The same history and the same errors: every transition's probability, by its number."""
    capacity, added, exponent, importance = 16, 30, 0.6, 0.5
    theirs = flashbax.make_prioritised_flat_buffer(
        max_length=capacity, min_length=2, sample_batch_size=16, priority_exponent=exponent
    )
    buffer = theirs.init({"observation": jnp.float32(0)})
    add = jax.jit(theirs.add)
    for number in range(added):
        buffer = add(buffer, {"observation": jnp.float32(number)})
    ours = Prioritised(
        capacity=capacity - 1,
        batch_size=15,
        exponent=exponent,
        importance=importance,
        epsilon=1e-9,
    )
    state = filled(ours, [step(number) for number in range(added)])

    def error(number):
        return 0.1 + (7.0 * number % 5.0)

    # Learn from everything a few times over, so that every transition has the priority it is due.
    sample, set_priorities = jax.jit(theirs.sample), jax.jit(theirs.set_priorities)
    draw, update = jax.jit(functools.partial(drawn, ours)), jax.jit(ours.update_priorities)
    for seed in range(20):
        pair = sample(buffer, jax.random.key(seed))
        numbers = pair.experience.first["observation"]
        buffer = set_priorities(buffer, pair.indices, error(numbers))
        batch = draw(state, jax.random.key(seed), jnp.float32(0.9))
        state = update(state, batch, -error(batch.now.observation))
    theirs_by_number, ours_by_number = {}, {}
    for seed in range(20, 60):
        pair = sample(buffer, jax.random.key(seed))
        numbers = pair.experience.first["observation"].tolist()
        theirs_by_number |= dict(zip(numbers, pair.probabilities.tolist(), strict=True))
        batch = draw(state, jax.random.key(seed), jnp.float32(0.9))
        row, env = batch.source.T
        likely = sum_tree.get(state.priorities.tree, row + env)
        likely = (likely / sum_tree.total(state.priorities.tree)).tolist()
        ours_by_number |= dict(zip(batch.now.observation.tolist(), likely, strict=True))
    # The newest observation has no successor yet, the one before the oldest is overwritten.
    assert set(ours_by_number) == set(theirs_by_number) == set(range(added - 16, added - 1))
    assert ours_by_number == pytest.approx(theirs_by_number, rel=1e-4)
    law = np.array([theirs_by_number[number] for number in batch.now.observation.tolist()])
    weights = (1.0 / (15 * law)) ** importance
    np.testing.assert_allclose(batch.weight, weights / weights.max(), rtol=1e-4)


def off_policy_sequence(seed, length=15, actions=4):
    """Return a sequence in which episodes end, what rlax needs of it, and values and policies."""
    rng = np.random.default_rng(seed)
    taken = rng.integers(0, actions, length)
    terminated = rng.random(length) < 0.15
    rewards = rng.normal(size=length).astype(np.float32)
    chance = rng.uniform(0.1, 1.0, length).astype(np.float32)
    ring = stream.init(length + 2, Seen(jnp.zeros(1)), probability=True)
    for number in range(length):
        ring = stream.add(
            ring,
            step(number, terminated=bool(terminated[number]))._replace(
                action=jnp.asarray(taken[number : number + 1]),
                reward=jnp.asarray(rewards[number : number + 1]),
                probability=jnp.asarray(chance[number : number + 1]),
            ),
        )
    q_now, q_next = rng.normal(size=(2, length, actions)).astype(np.float32)
    soft = np.exp(rng.normal(size=(length, actions))).astype(np.float32)
    # What stands at t belongs to the state after step t, whose action is the next one's.
    return ring, {
        "q_tm1": jnp.asarray(q_now),
        "q_t": jnp.asarray(q_next),
        "a_tm1": jnp.asarray(taken),
        "a_t": jnp.asarray(np.append(taken[1:], 0)),
        "r_t": jnp.asarray(rewards),
        "discount_t": jnp.asarray(0.9 * ~terminated, jnp.float32),
        "pi_t": jnp.asarray(soft / soft.sum(-1, keepdims=True)),
        "mu_t": jnp.asarray(np.append(chance[1:], 1.0), jnp.float32),
    }


def our_target(ring, traces, q_next, policy, head):
    zeros = jnp.zeros(1, jnp.int32)
    length = len(q_next)
    batch = sequences(ring, zeros, zeros, length, jnp.float32(0.9), lambda_return=traces)
    return batch.target(head, q_next, Backup(policy))


@pytest.mark.parametrize("seed", range(3))
def test_pengs_and_watkins_returns_are_those_of_rlax(seed):
    ring, known = off_policy_sequence(seed)
    best = known["q_t"].argmax(-1)
    greedy = jax.nn.one_hot(best, 4)
    names = ("q_tm1", "a_tm1", "r_t", "discount_t", "q_t")
    given = {name: known[name] for name in names}
    now = known["q_tm1"][jnp.arange(15), known["a_tm1"]]
    for kind, decay in [("peng", 0.7), ("watkins", 0.7 * (known["a_t"] == best))]:
        theirs = now + rlax.q_lambda(**given, lambda_=decay)
        ours = our_target(ring, LambdaReturn(kind=kind, decay=0.7), known["q_t"], greedy, Scalar())
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    theirs = rlax.lambda_returns(
        known["r_t"], known["discount_t"], (known["pi_t"] * known["q_t"]).sum(-1), 0.7
    )
    ours = our_target(
        ring, LambdaReturn(kind="peng", decay=0.7), known["q_t"], known["pi_t"], Scalar()
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_tree_backups_and_retraces_returns_are_those_of_rlax(seed):
    ring, known = off_policy_sequence(seed)
    likely = known["pi_t"][jnp.arange(15), known["a_t"]]
    names = ("q_t", "a_t", "r_t", "discount_t", "pi_t")
    given = {name: known[name] for name in names}
    for kind, weight in [("tree", likely), ("retrace", jnp.minimum(1.0, likely / known["mu_t"]))]:
        theirs = rlax.general_off_policy_returns_from_action_values(**given, c_t=0.7 * weight)
        ours = our_target(
            ring, LambdaReturn(kind=kind, decay=0.7), known["q_t"], known["pi_t"], Scalar()
        )
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_rescaled_retrace_is_that_of_rlax(seed):
    """R2D2's: values are predicted on the scale of h(x) = sign(x) (√(|x| + 1) − 1) + εx."""
    ring, known = off_policy_sequence(seed)
    theirs = rlax.transformed_retrace(
        **known, lambda_=0.7, tx_pair=rlax.SIGNED_HYPERBOLIC_PAIR, eps=0.0
    )
    head = Scalar(rescaling=SquareRoot(epsilon=1e-3))
    target = our_target(
        ring, LambdaReturn(kind="retrace", decay=0.7), known["q_t"], known["pi_t"], head
    )
    ours = target - known["q_tm1"][jnp.arange(15), known["a_tm1"]]
    np.testing.assert_allclose(ours, theirs, atol=2e-4)
