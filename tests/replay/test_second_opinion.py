"""The same history in a flashbax buffer."""

import flashbax
import jax
import jax.numpy as jnp
import numpy as np

from qlax.replay import Uniform
from tests.replay.history import filled, step


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
        batch = ours.sample(state, jax.random.key(seed), jnp.float32(0.9))
        columns = (batch.observation, batch.action, batch.reward, batch.next_observation)
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
    batch = ours.sample(filled(ours, steps, num_envs=2), jax.random.key(2), jnp.float32(0.5))
    for first, total in zip(batch.observation.tolist(), batch.reward.tolist(), strict=True):
        assert total == expected[first]
    assert set(batch.observation.tolist()) == set(expected)
