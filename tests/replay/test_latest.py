"""No replay: the newest transition, once."""

import jax
import jax.numpy as jnp

from qlax.replay import Latest
from tests.replay.history import as_tuples, drawn, filled, step

GAMMA = jnp.float32(0.5)
KEY = jax.random.key(0)


def test_the_newest_transition_of_every_environment_is_returned_in_order():
    replay = Latest()
    for added in range(1, 6):
        steps = [step(number, num_envs=3) for number in range(added)]
        batch = drawn(replay, filled(replay, steps, num_envs=3), KEY, GAMMA)
        newest = added - 1
        assert as_tuples(batch) == [
            (shown, newest, 10.0 * shown, 0.5, shown + 1, 1.0)
            for shown in (newest, 1000.0 + newest, 2000.0 + newest)
        ]


def test_the_key_does_not_matter():
    replay = Latest()
    state = filled(replay, [step(0), step(1)])
    batches = [as_tuples(drawn(replay, state, jax.random.key(seed), GAMMA)) for seed in range(3)]
    assert batches[0] == batches[1] == batches[2]


def test_a_reset_is_returned_with_no_weight():
    replay = Latest()
    state = filled(replay, [step(0, terminated=True), step(1, valid=False)])
    ((_, action, _, _, _, weight),) = as_tuples(drawn(replay, state, KEY, GAMMA))
    assert (action, weight) == (1, 0.0)


def test_every_step_of_an_episode_is_returned_once_with_n_steps():
    """Three steps and a reset, then another episode; n = 2."""
    replay = Latest(n_step=2)
    steps = [step(0), step(1), step(2, truncated=True), step(3, valid=False), step(4), step(5)]
    seen = []
    for added in range(2, len(steps) + 1):
        seen += as_tuples(drawn(replay, filled(replay, steps[:added]), KEY, GAMMA))
    assert seen == [
        (0.0, 0, 5.0, 0.25, 2.0, 1.0),  # 0 + ½ · 10
        (1.0, 1, 20.0, 0.25, 3.0, 1.0),  # 10 + ½ · 20
        (2.0, 2, 20.0, 0.5, 3.0, 1.0),  # cut after one step, bootstrapped from observation 3
        (3.0, 3, 50.0, 0.25, 5.0, 0.0),  # the reset: no weight
        (4.0, 4, 65.0, 0.25, 6.0, 1.0),  # 40 + ½ · 50
    ]


def test_with_the_next_action_learning_lags_one_step_behind():
    """Three steps, cut, a reset, and another episode of which one step is known."""
    replay = Latest()
    steps = [step(0), step(1), step(2, truncated=True), step(3, valid=False), step(4), step(5)]
    seen = []
    for added in range(2, len(steps) + 1):
        batch = drawn(replay, filled(replay, steps[:added]), KEY, GAMMA, next_action=True)
        columns = (batch.action, batch.next_action, batch.discount, batch.weight)
        seen += zip(*(column.tolist() for column in columns), strict=True)
    assert seen == [
        (0, 1, 0.5, 1.0),
        (1, 2, 0.5, 1.0),
        (2, 3, 0.5, 0.0),  # bootstraps from where no action was taken: no weight
        (3, 4, 0.5, 0.0),  # the reset
        (4, 5, 0.5, 1.0),
    ]


def test_a_terminated_step_counts_though_no_action_follows():
    replay = Latest()
    state = filled(replay, [step(0, terminated=True), step(1, valid=False)])
    batch = drawn(replay, state, KEY, GAMMA, next_action=True)
    assert (batch.discount.tolist(), batch.weight.tolist()) == ([0.0], [1.0])


def test_interrupting_cuts_the_newest_step():
    replay = Latest(n_step=2)
    state = replay.interrupt(filled(replay, [step(0), step(1)]))
    state = replay.add(state, step(2, valid=False))
    assert as_tuples(drawn(replay, state, KEY, GAMMA)) == [(1.0, 1, 10.0, 0.5, 2.0, 1.0)]
