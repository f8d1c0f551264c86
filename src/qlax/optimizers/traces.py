"""Eligibility traces, shared by the streaming optimisers."""

from typing import Any

import jax
import jax.numpy as jnp

from qlax.config import pasteable
from qlax.errors import UsageError
from qlax.heads.core import HasMembers, Loss
from qlax.optimizers.core import Signal
from qlax.replay.latest import Latest


class FollowsSteps:
    """Base of optimisers whose steps follow δ z, with z the trace of ∇q(s, a) over time."""

    def objective(self, loss: Loss) -> jax.Array:
        """Return −q(s, a): the loss function plays no part, its error δ does."""
        return -loss.value

    def check(self, agent: Any) -> None:
        """Raise `UsageError` unless the agent learns one value from every step once, in order."""
        if isinstance(agent.head, HasMembers):
            raise UsageError(
                f"{type(self).__name__} has one error δ and one eligibility trace, but every "
                f"member of {type(agent.head).__name__} has an error of its own: take Adam or SGD."
            )
        fine = (
            agent.num_envs == agent.update_every == agent.updates == 1
            and isinstance(agent.replay, Latest)
            and agent.replay.n_step == 1
        )
        if not fine:
            raise UsageError(
                f"{type(self).__name__} has one eligibility trace, which must see every step once "
                "and in order, so it needs num_envs=1, update_every=1, updates=1 and "
                f"replay.Latest(n_step=1), not num_envs={agent.num_envs}, "
                f"update_every={agent.update_every}, updates={agent.updates} and "
                f"{pasteable(agent.replay)}."
            )


def next_traces(traces: Any, gradient: Any, signal: Signal, trace_decay: float) -> Any:
    """Return z after a step: z ← γ λ z + ∇q(s, a), as Watkins' Q(λ) has it.

    The trace is cut before the gradient of an action that is not greedy enters: earlier actions
    are not responsible for what follows it. It is zero after a sample that does not count, such as
    the reset between two episodes.

    Args:
        traces: z, a tree like the parameters.
        gradient: That of the objective, −∇q(s, a).
        signal: Of the batch, whose one sample the step is.
        trace_decay: λ.
    """
    (counts,), (greedy,) = signal.counts, signal.greedy
    fade = signal.discount * trace_decay

    def follow(trace: jax.Array, downhill: jax.Array) -> jax.Array:
        return jnp.where(counts, jnp.where(greedy, fade * trace, 0.0) - downhill, 0.0)

    return jax.tree.map(follow, traces, gradient)


def towards_target(traces: Any, signal: Signal, share: jax.Array | float = 1.0) -> Any:
    """Return −share · δ z: subtracted, it moves values towards the target. 0 if z is 0."""
    (error,), (counts,) = signal.error, signal.counts
    # The error of a sample that does not count may be anything, even NaN.
    scale = jnp.where(counts, -share * error, 0.0)
    return jax.tree.map(lambda trace: scale * trace, traces)
