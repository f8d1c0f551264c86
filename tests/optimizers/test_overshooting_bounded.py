"""Steps that cannot overshoot, by hand and beside NumPy."""

import jax.numpy as jnp
import numpy as np
import pytest

from qlax import networks, replay, schedules
from qlax.optimizers import ObGD, Signal
from tests.optimizers.streaming import Taken, tables
from tests.probes import mdp
from tests.probes.training import agent_for_probes, assert_learns_q_star

STREAMED = {"num_envs": 1, "learning_starts": 1, "replay": replay.Latest()}
TWO = [Taken(0, 0, 0.5), Taken(1, 1, -4.0)]


def test_a_step_is_as_small_as_its_bound_asks():
    # γ λ = ¼. M = 1 · 2 · 1 · 1 = 2 and α = ½; then M = 2 · 4 · (¼ + 1) = 10 and α = 1/10.
    found = tables(ObGD(learning_rate=1.0, trace_decay=0.5, kappa=2.0), TWO)
    np.testing.assert_allclose(found[0], [[0.25, 0.0], [0.0, 0.0]], rtol=1e-6)
    np.testing.assert_allclose(found[1], [[0.25 - 0.1, 0.0], [0.0, -0.4]], rtol=1e-6)


def test_a_step_within_its_bound_has_the_learning_rate():
    # M = ¼ · 2 = ½, so α = ¼; then M = ¼ · 10 = 2.5 and α = ¼ / 2.5 = 1/10 as before.
    found = tables(ObGD(learning_rate=0.25, trace_decay=0.5, kappa=2.0), TWO)
    np.testing.assert_allclose(found[0], [[0.125, 0.0], [0.0, 0.0]], rtol=1e-6)
    np.testing.assert_allclose(found[1], [[0.125 - 0.1, 0.0], [0.0, -0.4]], rtol=1e-6)


def test_the_bound_follows_the_schedule():
    # η = ¼, ½, 1 with κ = 4 and δ = 1, traces cut: M = 1, 2, 4 and α = ¼ throughout.
    optimizer = ObGD(learning_rate=lambda step: 0.25 * 2.0**step, kappa=4.0)
    found = tables(optimizer, [Taken(0, 0, 1.0, greedy=False)] * 3)
    np.testing.assert_allclose([table[0, 0] for table in found], [0.25, 0.5, 0.75], rtol=1e-6)


def test_the_schedule_counts_every_update():
    """A sample that is no step is no update, as the agent counts them."""
    # η = ⅛, ¼ with κ = ½: far within the bound.
    optimizer = ObGD(learning_rate=lambda step: 0.125 * 2.0**step, kappa=0.5)
    rest, step = Taken(0, 0, 1.0, counts=False), Taken(0, 0, 1.0, greedy=False)
    found = tables(optimizer, [rest, step, rest, rest, step])
    np.testing.assert_allclose([table[0, 0] for table in found], [0, 0.125, 0.125, 0.125, 0.375])


@pytest.mark.parametrize("error", [100.0, np.inf, np.nan])
def test_a_sample_that_is_no_step_changes_nothing_and_ends_the_trace(error):
    optimizer = ObGD(learning_rate=1.0, kappa=2.0)
    steps = [Taken(0, 0, 2.0), Taken(1, 1, error, counts=False), Taken(1, 0, 4.0)]
    found = tables(optimizer, steps)
    # M = 2 · 2 · 1, then 2 · 4 · 1: half the error each time.
    np.testing.assert_allclose(found[0], [[0.5, 0.0], [0.0, 0.0]], rtol=1e-6)
    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_allclose(found[2], [[0.5, 0.0], [0.5, 0.0]], rtol=1e-6)


def test_a_long_stream_is_the_papers_algorithm():
    """α ← min(α / M, α) with M = α κ max(|δ|, 1) ‖z‖₁, in NumPy."""
    rng = np.random.default_rng(0)
    steps = [
        Taken(*rng.integers(0, 2, 2).tolist(), rng.normal(scale=2.0), bool(rng.integers(0, 4)))
        for _ in range(200)
    ]
    table, traces, bounded = np.zeros((2, 2)), np.zeros((2, 2)), 0
    ours = tables(ObGD(learning_rate=0.3, trace_decay=0.9, kappa=1.5), steps, discount=0.75)
    for step, found in zip(steps, ours, strict=True):
        traces *= 0.75 * 0.9 * step.greedy
        traces[step.state, step.action] += 1.0
        bound = 0.3 * 1.5 * max(abs(step.error), 1.0) * np.abs(traces).sum()
        table = table + min(0.3 / bound, 0.3) * step.error * traces
        bounded += bound > 1.0
        np.testing.assert_allclose(found, table, atol=1e-4)
    assert 50 < bounded < 150


def test_the_length_of_the_trace_is_taken_over_all_parameters():
    """Of a tree of two arrays, ‖z‖₁ = 3 + 1 and M = 2 · 4 = 8."""
    transformation = ObGD(learning_rate=1.0, kappa=2.0).transformation()
    params = {"a": jnp.zeros(2), "b": jnp.zeros(())}
    yes = jnp.array([True])
    signal = Signal(error=jnp.array([1.0]), discount=jnp.float32(0.9), counts=yes, greedy=yes)
    gradient = {"a": jnp.array([-1.0, 2.0]), "b": jnp.array(1.0)}
    direction, _ = transformation.update(
        gradient, transformation.init(params), params, signal=signal
    )
    np.testing.assert_allclose(direction["a"], [-1 / 8, 2 / 8], rtol=1e-6)
    np.testing.assert_allclose(direction["b"], 1 / 8, rtol=1e-6)


def test_it_learns_q_star():
    optimizer = ObGD(learning_rate=schedules.Exponential(start=0.5, rate=0.9998, end=0.01))
    process = mdp.side_by_side([*mdp.FORCED.values(), *mdp.FREE.values()], time_limit=4)
    assert_learns_q_star(agent_for_probes(**STREAMED, optimizer=optimizer), process, 25_000)


def test_it_learns_deep_networks_from_single_steps_without_tuning():
    """With the rate as it is by default, 1, where SGD on a network would diverge."""
    agent = agent_for_probes(
        **STREAMED, network=networks.MLP(hidden=(32,), layer_norm=True), optimizer=ObGD()
    )
    assert_learns_q_star(agent, mdp.choices(), 20_000)
