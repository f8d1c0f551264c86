"""Accumulating traces, by hand and beside a Q(λ) in NumPy."""

import math

import numpy as np
import pytest

from qlax import UsageError, explorers, optimizers, replay, schedules
from tests.optimizers.streaming import Taken, tables
from tests.probes import mdp
from tests.probes.playing import played, table_of
from tests.probes.training import DISCOUNT, agent_for_probes, assert_learns_q_star

WORLD = mdp.side_by_side([mdp.choices(), mdp.slippery_corridor(3)], time_limit=4)
STREAMED = {"num_envs": 1, "learning_starts": 1, "replay": replay.Latest()}

# γ λ = ½ · ½ = ¼ and η = ½: every number is a sum of powers of two.
HALF = optimizers.TraceSGD(learning_rate=0.5, trace_decay=0.5)


def test_an_error_reaches_back_along_the_trace():
    found = tables(HALF, [Taken(0, 0, 2.0), Taken(1, 1, -4.0), Taken(0, 0, 1.0)])
    # z = e₀₀: ½ · 2
    np.testing.assert_array_equal(found[0], [[1.0, 0.0], [0.0, 0.0]])
    # z = ¼ e₀₀ + e₁₁: 1 − ½ · 4 · ¼ and −½ · 4
    np.testing.assert_array_equal(found[1], [[0.5, 0.0], [0.0, -2.0]])
    # z = (1/16 + 1) e₀₀ + ¼ e₁₁, accumulating: ½ + ½ · 17/16 and −2 + ½ · ¼
    np.testing.assert_array_equal(found[2], [[1.03125, 0.0], [0.0, -1.875]])


def test_the_trace_is_cut_before_an_action_that_is_not_greedy():
    steps = [Taken(0, 0, 2.0), Taken(1, 0, 2.0, greedy=False), Taken(0, 1, 4.0)]
    found = tables(HALF, steps)
    # The second error is no business of the first action's.
    np.testing.assert_array_equal(found[1], [[1.0, 0.0], [1.0, 0.0]])
    # But the third is the second action's: z = ¼ e₁₀ + e₀₁.
    np.testing.assert_array_equal(found[2], [[1.0, 2.0], [1.5, 0.0]])


@pytest.mark.parametrize("error", [100.0, math.inf, math.nan])
def test_a_sample_that_is_no_step_changes_nothing_and_ends_the_trace(error):
    steps = [Taken(0, 0, 2.0), Taken(1, 1, error, counts=False), Taken(1, 0, 4.0)]
    found = tables(HALF, steps)
    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_array_equal(found[2], [[1.0, 0.0], [2.0, 0.0]])


def test_with_all_of_the_trace_kept_only_the_discount_fades_it():
    found = tables(
        optimizers.TraceSGD(learning_rate=1.0, trace_decay=1.0),
        [Taken(0, 0, 0.0), Taken(0, 1, 0.0), Taken(1, 0, 1.0)],
    )
    np.testing.assert_array_equal(found[-1], [[0.25, 0.5], [1.0, 0.0]])


def test_without_memory_it_is_sgd_step_by_step():
    common = {**STREAMED, "explorer": explorers.EpsilonGreedy(epsilon=0.5)}
    rate = schedules.Linear(start=0.5, end=0.1, steps=100)
    traced, plain = (
        played(agent_for_probes(**common, optimizer=optimizer), WORLD, 150)
        for optimizer in (
            optimizers.TraceSGD(learning_rate=rate, trace_decay=0.0),
            optimizers.SGD(learning_rate=rate),
        )
    )
    moved = 0
    for ours, theirs in zip(traced, plain, strict=True):
        assert ours[:6] == theirs[:6]
        learned = [table_of(step.after.learner.params) for step in (ours, theirs)]
        np.testing.assert_allclose(*learned, atol=1e-6)
        moved += bool(ours.reward)
    assert moved > 20


@pytest.mark.parametrize("trace_decay", [0.5, 1.0])
def test_an_agent_does_watkins_q_lambda(trace_decay):
    """Beside a table and its traces in NumPy, with cuts, ends and truncations."""
    rate, table, traces = 0.25, np.zeros((len(WORLD.start), 2)), np.zeros((len(WORLD.start), 2))
    agent = agent_for_probes(
        **STREAMED,
        explorer=explorers.EpsilonGreedy(epsilon=0.3),
        optimizer=optimizers.TraceSGD(learning_rate=rate, trace_decay=trace_decay),
    )
    cuts = kept = ends = 0
    for step in played(agent, WORLD, 800):
        if step.reset:
            traces[:] = 0.0
            ends += 1
        else:
            if table[step.state, step.action] >= table[step.state].max():
                kept += traces.any()
                traces *= DISCOUNT * trace_decay
            else:
                cuts += traces.any()
                traces[:] = 0.0
            traces[step.state, step.action] += 1.0
            ahead = 0.0 if step.terminated else DISCOUNT * table[step.following].max()
            table += rate * (step.reward + ahead - table[step.state, step.action]) * traces
        learned = table_of(step.after.learner.params)
        np.testing.assert_allclose(learned, table, atol=1e-5)
    assert min(cuts, kept, ends) > 20


@pytest.mark.parametrize("trace_decay", [0.5, 0.9])
def test_it_learns_q_star(trace_decay):
    optimizer = optimizers.TraceSGD(
        learning_rate=schedules.Exponential(start=0.5, rate=0.9998, end=0.01),
        trace_decay=trace_decay,
    )
    process = mdp.side_by_side([*mdp.FORCED.values(), *mdp.FREE.values()], time_limit=4)
    assert_learns_q_star(agent_for_probes(**STREAMED, optimizer=optimizer), process, 25_000)


@pytest.mark.parametrize("kind", [optimizers.TraceSGD, optimizers.ObGD])
@pytest.mark.parametrize(
    "parts",
    [
        {"num_envs": 2, "learning_starts": 2},
        {"update_every": 2},
        {"updates": 2},
        {"replay": replay.Uniform()},
        {"replay": replay.Latest(n_step=2), "learning_starts": 2},
    ],
)
def test_steps_out_of_order_are_refused(kind, parts):
    agent_for_probes(**STREAMED, optimizer=kind())
    with pytest.raises(UsageError, match=rf"{kind.__name__} has one eligibility trace"):
        agent_for_probes(**{**STREAMED, **parts}, optimizer=kind())


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (optimizers.TraceSGD, "learning_rate", -0.1),
        (optimizers.TraceSGD, "trace_decay", -0.1),
        (optimizers.TraceSGD, "trace_decay", 1.1),
        (optimizers.ObGD, "learning_rate", schedules.Linear(start=1.0, end=-1.0)),
        (optimizers.ObGD, "trace_decay", 1.1),
        (optimizers.ObGD, "kappa", 0.0),
        (optimizers.RMSProp, "learning_rate", -0.1),
        (optimizers.RMSProp, "decay", 1.0),
        (optimizers.RMSProp, "epsilon", 0.0),
        (optimizers.RMSProp, "max_grad_norm", 0.0),
    ],
)
def test_impossible_values_are_refused(kind, field, value):
    with pytest.raises(UsageError, match=rf"{kind.__name__}\.{field} is .*, but must be "):
        kind(**{field: value})
