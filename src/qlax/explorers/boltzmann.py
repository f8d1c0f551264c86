"""Better actions are more likely: a softmax over action values."""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.explorers.core import Clock, Situation, Stateless
from qlax.maths.policies import only_legal, softmax_policy
from qlax.schedules import Linear, Schedule, extremes, value_at
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class Boltzmann(Stateless):
    """P(a) = exp(q(s, a) / τ) / Σ_b exp(q(s, b) / τ).

    Reference: Sutton (1990), Integrated Architectures for Learning, Planning, and Reacting.
    """

    temperature: float | Schedule = field(default_factory=lambda: Linear(start=1.0, end=0.1))
    """τ > 0, in units of return, by environment steps."""

    def __post_init__(self) -> None:
        check_types(self)
        smallest, _ = extremes(self.temperature)
        too_cold = smallest <= 0.0
        require(not too_cold, "Boltzmann.temperature", self.temperature, "greater than 0")

    def act(
        self, state: tuple[()], key: jax.Array, situation: Situation
    ) -> tuple[jax.Array, tuple[()]]:
        """Return actions drawn from the softmax."""
        temperature = value_at(self.temperature, situation.clock.env_steps)
        logits = only_legal(situation.q_values, situation.legal) / temperature
        return jax.random.categorical(key, logits).astype(jnp.int32), state

    def probabilities(
        self, q_values: jax.Array, legal: jax.Array | None, clock: Clock
    ) -> jax.Array:
        """Return the softmax."""
        return softmax_policy(q_values, value_at(self.temperature, clock.env_steps), legal)

    def why_not(self) -> str | None:
        """Return None: the probabilities are always known."""
        return None

    def metrics(self, clock: Clock) -> dict[str, jax.Array]:
        """Return τ."""
        return {"temperature": value_at(self.temperature, clock.env_steps)}
