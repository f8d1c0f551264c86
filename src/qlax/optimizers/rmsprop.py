"""RMSProp, in the centred form the first deep Q-network was trained with."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import optax

from qlax.errors import require
from qlax.optimizers.core import MinimisesLoss
from qlax.optimizers.limits import check_learning_rate, check_max_grad_norm, clipping
from qlax.optimizers.void_batches import paused_where_void
from qlax.pytree import Pytree
from qlax.schedules import Schedule
from qlax.validation import check_types


class GradientMoments(Pytree):
    """Decaying means, each a tree like the parameters."""

    mean: Any
    """E[g]."""
    square: Any
    """E[g²]."""


@dataclass(frozen=True, kw_only=True)
class RMSProp(MinimisesLoss):
    """θ ← θ − η · g / √(E[g²] − E[g]² + ε), entry by entry: the gradient over its deviation.

    The means are E[g] ← ρ E[g] + (1 − ρ) g, from 0, and likewise that of g².

    Reference: Hinton (2012), lecture 6e; Graves (2013), arXiv 1308.0850, for centring; Mnih et
    al. (2015), Human-level control through deep reinforcement learning, for its use here.
    """

    learning_rate: float | Schedule = 2.5e-4
    """η ≥ 0, by gradient updates."""
    decay: float = 0.95
    """ρ in [0, 1)."""
    epsilon: float = 0.01
    """ε > 0, inside the root. Mnih et al. sum gradients over their batch of 32, where here a loss
    is a mean: exactly their steps are those of ε = 0.01 / 32²."""
    max_grad_norm: float | None = None
    """Gradients are scaled down to this global norm, or left as they are if None."""

    def __post_init__(self) -> None:
        check_types(self)
        check_learning_rate("RMSProp", self.learning_rate)
        require(0.0 <= self.decay < 1.0, "RMSProp.decay", self.decay, "in [0, 1)")
        require(self.epsilon > 0.0, "RMSProp.epsilon", self.epsilon, "greater than 0")
        check_max_grad_norm("RMSProp", self.max_grad_norm)

    def transformation(self) -> optax.GradientTransformationExtraArgs:
        """Return clipping (if any) followed by the gradient over its deviation."""
        return paused_where_void(optax.chain(clipping(self.max_grad_norm), self._over_deviation()))

    def _over_deviation(self) -> optax.GradientTransformation:
        def init(params: Any) -> GradientMoments:
            zeros = jax.tree.map(jnp.zeros_like, params)
            return GradientMoments(zeros, zeros)

        def mixed(old: jax.Array, new: jax.Array) -> jax.Array:
            return self.decay * old + (1.0 - self.decay) * new

        def direction(gradient: jax.Array, mean: jax.Array, square: jax.Array) -> jax.Array:
            # Of a constant gradient the variance is 0, which rounding may make negative.
            variance = jnp.maximum(square - jnp.square(mean), 0.0)
            return gradient / jnp.sqrt(variance + self.epsilon)

        def update(
            gradient: Any,
            state: GradientMoments,
            params: Any = None,  # noqa: ARG001
        ) -> tuple[Any, GradientMoments]:
            mean = jax.tree.map(mixed, state.mean, gradient)
            square = jax.tree.map(lambda old, g: mixed(old, g * g), state.square, gradient)
            return jax.tree.map(direction, gradient, mean, square), GradientMoments(mean, square)

        return optax.GradientTransformation(init, update)
