"""Accumulating eligibility traces: Watkins' Q(λ) for tables and linear agents."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import optax

from qlax.errors import require
from qlax.optimizers.core import Signal
from qlax.optimizers.limits import check_learning_rate
from qlax.optimizers.traces import FollowsSteps, next_traces, towards_target
from qlax.schedules import Schedule
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class TraceSGD(FollowsSteps):
    """z ← γ λ z + ∇q(s, a),  θ ← θ + η δ z: every δ reaches back to what led to it.

    The trace is zero before an action that is not greedy and at the beginning of an episode. With
    λ = 0 this is `SGD` on ½ δ². For one environment, learned from step by step.

    Reference: Watkins (1989), Learning from Delayed Rewards; Sutton and Barto (1998),
    Reinforcement Learning, section 7.6.
    """

    learning_rate: float | Schedule = 0.1
    """η ≥ 0, by gradient updates."""
    trace_decay: float = 0.9
    """λ in [0, 1]."""

    def __post_init__(self) -> None:
        check_types(self)
        check_learning_rate("TraceSGD", self.learning_rate)
        require(
            0.0 <= self.trace_decay <= 1.0, "TraceSGD.trace_decay", self.trace_decay, "in [0, 1]"
        )

    def transformation(self) -> optax.GradientTransformationExtraArgs:
        """Return −δ z."""

        def init(params: Any) -> Any:
            return jax.tree.map(jnp.zeros_like, params)

        def update(
            gradient: Any,
            traces: Any,
            params: Any = None,  # noqa: ARG001
            *,
            signal: Signal,
        ) -> tuple[Any, Any]:
            traces = next_traces(traces, gradient, signal, self.trace_decay)
            return towards_target(traces, signal), traces

        return optax.GradientTransformationExtraArgs(init, update)
