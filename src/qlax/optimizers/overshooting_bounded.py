"""Eligibility traces with bounded steps: deep Q-learning from single steps."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import optax

from qlax.errors import require
from qlax.maths.counting import clipped_sum
from qlax.optimizers.core import Signal
from qlax.optimizers.limits import check_learning_rate
from qlax.optimizers.traces import FollowsSteps, next_traces, towards_target
from qlax.pytree import Pytree
from qlax.schedules import Schedule, value_at
from qlax.validation import check_types


class StreamingState(Pytree):
    """State between two steps."""

    traces: Any
    """z, a tree like the parameters."""
    updates: jax.Array
    """Updates done, int32 scalar: where the learning rate's schedule stands."""


@dataclass(frozen=True, kw_only=True)
class ObGD(FollowsSteps):
    """z ← γ λ z + ∇q(s, a),  θ ← θ + min(η, η / M) δ z,  M = η κ max(|δ|, 1) ‖z‖₁.

    Overshooting-bounded gradient descent: M is κ times the share of δ that a step could remove.
    Where M is more than 1, the step is divided by it. For one environment, learned from step by
    step.

    A factor on the learning rate in an agent's state scales the bounded step; M knows only η.

    Departure: the trace is cut before an action that is not greedy, as Watkins cuts it; the
    authors cut it after that action's own update.

    Reference: Elsayed, Vasan and Mahmood (2024), Streaming deep reinforcement learning finally
    works, arXiv 2410.14606.
    """

    learning_rate: float | Schedule = 1.0
    """η ≥ 0, by gradient updates."""
    trace_decay: float = 0.8
    """λ in [0, 1]."""
    kappa: float = 2.0
    """κ > 0: the larger, the smaller the steps; above 1 they should not overshoot."""

    def __post_init__(self) -> None:
        check_types(self)
        check_learning_rate("ObGD", self.learning_rate)
        require(0.0 <= self.trace_decay <= 1.0, "ObGD.trace_decay", self.trace_decay, "in [0, 1]")
        require(self.kappa > 0.0, "ObGD.kappa", self.kappa, "greater than 0")

    def transformation(self) -> optax.GradientTransformationExtraArgs:
        """Return −min(1, 1 / M) δ z."""

        def init(params: Any) -> StreamingState:
            return StreamingState(jax.tree.map(jnp.zeros_like, params), jnp.int32(0))

        def update(
            gradient: Any,
            state: StreamingState,
            params: Any = None,  # noqa: ARG001
            *,
            signal: Signal,
        ) -> tuple[Any, StreamingState]:
            traces = next_traces(state.traces, gradient, signal, self.trace_decay)
            (error,) = signal.error
            length = sum(jnp.abs(trace).sum() for trace in jax.tree.leaves(traces))
            rate = value_at(self.learning_rate, state.updates)
            bound = rate * self.kappa * jnp.maximum(jnp.abs(error), 1.0) * length
            direction = towards_target(traces, signal, 1.0 / jnp.maximum(bound, 1.0))
            updates = clipped_sum(state.updates, signal.counts.sum())
            return direction, StreamingState(traces, updates)

        return optax.GradientTransformationExtraArgs(init, update)
