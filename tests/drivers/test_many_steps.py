"""Runs that pass 2³¹ steps, iterations, updates and stored rows, from states just below."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax import Agent, explorers, optimizers, replay, schedules
from qlax.errors import UsageError
from qlax.maths.counting import MOST, Count
from qlax.replay import Step, stream
from tests.drivers.runs import advanced, agent, assert_equal, compiled, hosted
from tests.tiers import in_turn

BORDER = 2**31
LAW = replay.Proportional(importance=1.0)
REPLAYS = {
    "uniform": replay.Uniform(capacity=60, batch_size=8, n_step=2),
    "latest": replay.Latest(n_step=2),
    "prioritised": replay.Prioritised(capacity=60, batch_size=8, importance=1.0),
    "sequences": replay.Sequences(capacity=60, batch_size=4, length=3, priority=LAW),
    "rollout": replay.Rollout(length=3, minibatches=1),
}


def moved(state, *, env_steps, updates):
    """Return a state whose counts stand elsewhere, its ring just before it is numbered anew."""

    def late(leaf):
        if not isinstance(leaf, stream.Stream):
            return leaf
        laps = (MOST // leaf.rows - 2) - int(leaf.count) // leaf.rows
        return leaf.replace(count=leaf.count + laps * leaf.rows)

    rings = jax.tree.map(
        late, state.agent.replay, is_leaf=lambda leaf: isinstance(leaf, stream.Stream)
    )
    actor, learner = state.agent.actor, state.agent.learner
    actor = actor.replace(clock=actor.clock._replace(taken=Count.of(env_steps)))
    learner = learner.replace(updates=Count.of(updates))
    return state.replace(agent=state.agent.replace(actor=actor, learner=learner, replay=rings))


def without_counts(state):
    return moved(state, env_steps=0, updates=0).agent


@pytest.mark.parametrize(
    ("make", "kind"),
    in_turn(
        [*((compiled, kind) for kind in REPLAYS), (hosted, "uniform"), (hosted, "prioritised")], 3
    ),
)
def test_a_run_goes_on_past_the_border_as_anywhere_else(make, kind):
    made = agent(replay=REPLAYS[kind])
    driver = make(made)
    near = driver.advance(advanced(driver, [40]), 40, 80)
    far = moved(advanced(driver, [40]), env_steps=BORDER - 9, updates=BORDER - 9)
    start = BORDER - 20
    far = driver.advance(driver.advance(far, start, BORDER + 3), BORDER + 3, start + 40)
    assert int(far.agent.actor.clock.taken) == BORDER - 9 + 40 * made.num_envs
    assert int(far.agent.learner.updates) == BORDER - 9 + 40
    assert_equal(without_counts(far), without_counts(near))
    (report,), _ = driver.report(far)
    assert (report["env_steps"], report["updates"]) == (BORDER + 111, BORDER + 31)


@pytest.mark.parametrize("make", [compiled, hosted])
def test_what_has_ended_does_not_begin_again(make):
    """ε and the learning rate stay where their schedules ended."""
    line = schedules.Linear(start=1.0, end=0.0, steps=1_000)
    made = agent(
        explorer=explorers.EpsilonGreedy(epsilon=line), optimizer=optimizers.SGD(learning_rate=line)
    )
    driver = make(made)
    state = moved(advanced(driver, [40]), env_steps=BORDER - 30, updates=BORDER - 10)
    before = jax.tree.map(np.asarray, state.agent.learner.params)
    state = driver.advance(state, BORDER - 20, BORDER + 20)
    (report,), _ = driver.report(state)
    assert report["epsilon"] == 0.0
    assert_equal(state.agent.learner.params, before)


def test_a_stretch_may_be_longer_than_a_program_counts():
    """Told in pieces, each numbered from where the same updates are due."""
    made = agent(learning_starts=30, update_every=7, updates=1)
    driver = compiled(made)
    told = []
    driver._compiled_advance = lambda state, start, stop: told.append((int(start), int(stop)))
    try:
        driver.advance(None, 5, BORDER + 4)
    finally:
        driver._compiled_advance = None
    assert max(stop for _, stop in told) < 2**31
    lengths = [stop - start for start, stop in told]
    assert sum(lengths) == BORDER - 1
    iterations = 5 + np.cumsum([0, *lengths[:-1]])
    for true, (given, _) in zip(iterations.tolist(), told, strict=True):
        due = [[int(made.updates_due(at + i)) for i in range(1, 20)] for at in (true, given)]
        assert due[0] == due[1]


def test_a_ring_is_numbered_anew_where_its_rows_stay():
    """Of three rows; the counts it may have before 2³¹ end with a multiple of three."""
    ring = stream.init(3, replay.Seen(jnp.zeros(2, jnp.int32)))
    no, yes = jnp.zeros(2, bool), jnp.ones(2, bool)
    end = (MOST // 3 - 1) * 3
    ring = ring.replace(count=jnp.int32(end - 2))
    counts = []
    for number in range(5):
        seen = replay.Seen(jnp.full(2, number, jnp.int32))
        step = Step(jnp.full(2, number), jnp.zeros(2), no, no, yes, no, seen)
        ring = stream.add(ring, step)
        counts.append(int(ring.count))
    assert counts == [end - 1, end - 3, end - 2, end - 1, end - 3]
    assert ring.action[:, 0].tolist() == [2, 3, 4]
    assert int(stream.num_starts(ring, 1)) == 2
    assert int(stream.env_steps(ring)) == MOST // 2 * 2


def test_whole_numbers_that_programs_cannot_count_to_are_refused():
    for part, field in ((Agent, "learning_starts"), (schedules.Linear, "begin")):
        with pytest.raises(UsageError, match=rf"{field} is 2147483648, but must be at most 2,147"):
            part(**{field: BORDER})
    assert schedules.Linear(steps=None).for_run(3 * BORDER).steps == MOST
