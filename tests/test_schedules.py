"""Schedules, by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax import UsageError, explorers
from qlax.schedules import Exponential, Linear, extremes, value_at


@pytest.fixture(params=["plain", "jitted"], name="at")
def _at(request):
    maybe_jit = jax.jit if request.param == "jitted" else lambda function: function
    return lambda schedule, step: float(maybe_jit(lambda t: value_at(schedule, t))(jnp.int32(step)))


@pytest.mark.parametrize(
    ("step", "value"),
    # 1 + (0.2 − 1) · (t − 10) / 40
    [(0, 1.0), (10, 1.0), (20, 0.8), (30, 0.6), (49, 0.22), (50, 0.2), (1_000_000, 0.2)],
)
def test_a_line_between_two_constants(at, step, value):
    schedule = Linear(start=1.0, end=0.2, steps=40, begin=10)
    assert at(schedule, step) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(("step", "value"), [(0, 0.0), (1, 0.25), (4, 1.0)])
def test_a_line_may_rise(at, step, value):
    assert at(Linear(start=0.0, end=1.0, steps=4), step) == pytest.approx(value)


@pytest.mark.parametrize(
    ("step", "value"),
    # ½ to the power of t − 2, not below 0.1
    [(0, 1.0), (2, 1.0), (3, 0.5), (4, 0.25), (5, 0.125), (6, 0.1), (10_000, 0.1)],
)
def test_a_geometric_decay_with_a_floor(at, step, value):
    schedule = Exponential(start=1.0, rate=0.5, end=0.1, begin=2)
    assert at(schedule, step) == pytest.approx(value, abs=1e-6)


def test_a_slow_decay_over_many_steps_is_precise(at):
    # 0.995⁵⁰⁰ = e^(500 ln 0.995) = 0.08157186
    assert at(Exponential(start=1.0, rate=0.995, end=0.01), 500) == pytest.approx(
        0.0815719, rel=1e-4
    )


def test_a_number_is_constant(at):
    assert at(0.3, 0) == at(0.3, 10**6) == pytest.approx(0.3)


def test_any_function_of_the_step_is_a_schedule(at):
    assert at(lambda step: step * 2.0, 7) == 14.0


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (0.3, (0.3, 0.3)),
        (Linear(start=1.0, end=0.2), (0.2, 1.0)),
        (Linear(start=0.2, end=1.0), (0.2, 1.0)),
        (Exponential(start=0.9, end=0.1), (0.1, 0.9)),
    ],
)
def test_extremes_are_known_before_a_schedule_runs(schedule, expected):
    assert extremes(schedule) == expected


def test_a_schedule_of_ones_own_may_say_its_extremes():
    class Told:
        def __call__(self, step):
            return 0.5

        def extremes(self):
            return -1.0, 0.5

    with pytest.raises(UsageError, match="in \\[0, 1\\]"):
        explorers.EpsilonGreedy(epsilon=Told())
    with pytest.raises(UsageError, match="greater than 0"):
        explorers.Boltzmann(temperature=Told())
    assert np.isnan(extremes(lambda step: step)).all()
    explorers.EpsilonGreedy(epsilon=lambda step: 0.5)
    explorers.Boltzmann(temperature=lambda step: 0.5)
