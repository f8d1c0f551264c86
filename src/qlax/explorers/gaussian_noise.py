"""Noise on the action values that fades with every episode."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.explorers.core import Clock, Situation, Stateless
from qlax.maths.policies import greedy_action
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class GaussianNoise(Stateless):
    """a = argmax_a [ q(s, a) + scale · N(0, 1) / (episode + 1) ], episodes counted from zero.

    It explores where action values are close, and less and less as episodes go by.
    """

    scale: float = 1.0
    """Standard deviation of the noise in the first episode; 0 or more."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.scale >= 0.0, "GaussianNoise.scale", self.scale, "0 or more")

    def act(
        self, state: tuple[()], key: jax.Array, situation: Situation
    ) -> tuple[jax.Array, tuple[()]]:
        """Return the actions that are best under noise."""
        q_values = situation.q_values
        deviation = self.scale / (situation.clock.episodes + 1.0)
        noisy = q_values + deviation[:, None] * jax.random.normal(key, q_values.shape)
        return greedy_action(noisy, situation.legal), state

    def metrics(self, clock: Clock) -> dict[str, jax.Array]:
        """Return the mean standard deviation of the noise."""
        return {"noise": jnp.mean(self.scale / (clock.episodes + 1.0))}
