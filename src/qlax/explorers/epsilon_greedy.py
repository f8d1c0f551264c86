"""ε-greedy, with any law for how long an exploratory action lasts."""

from dataclasses import dataclass, field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.explorers.core import Clock
from qlax.explorers.durations import Duration, OneStep
from qlax.schedules import Linear, Schedule, extremes, value_at
from qlax.validation import check_types


class Repeat(NamedTuple):
    """The exploratory action under way in each environment."""

    action: jax.Array
    """int32, shape [N]."""
    remaining: jax.Array
    """Steps it still lasts, int32, shape [N]; 0 when none is under way."""


@dataclass(frozen=True, kw_only=True)
class EpsilonGreedy:
    """With probability ε start an action drawn uniformly and repeat it n ~ duration steps.

    Otherwise, and when no repeat is under way, a = argmax_a q(s, a). Every environment draws for
    itself. A repeat ends with its episode.

    References: Watkins (1989); Dabney, Ostrovski and Barreto (2020), arXiv 2006.01782.
    """

    epsilon: float | Schedule = field(default_factory=Linear)
    """Probability of starting an exploratory action, in [0, 1], by environment steps."""
    duration: Duration = field(default_factory=OneStep)
    """Law of the number of steps it is repeated."""

    def __post_init__(self) -> None:
        check_types(self)
        smallest, largest = extremes(self.epsilon)
        require(
            smallest >= 0.0 and largest <= 1.0, "EpsilonGreedy.epsilon", self.epsilon, "in [0, 1]"
        )

    def init(self, num_envs: int) -> Repeat:
        """Return a state with no repeat under way."""
        return Repeat(jnp.zeros(num_envs, jnp.int32), jnp.zeros(num_envs, jnp.int32))

    def act(
        self, state: Repeat, key: jax.Array, q_values: jax.Array, first: jax.Array, clock: Clock
    ) -> tuple[jax.Array, Repeat]:
        """Return actions, int32 of shape [N], and the repeats still under way."""
        num_envs, num_actions = q_values.shape
        uniform = jax.random.uniform(key, (3, num_envs))
        remaining = jnp.where(first, 0, state.remaining)
        starts = (remaining == 0) & (uniform[0] < value_at(self.epsilon, clock.env_steps))
        remaining = jnp.where(starts, self.duration.sample(uniform[1]), remaining)
        drawn = (uniform[2] * num_actions).astype(jnp.int32)
        repeated = jnp.where(starts, drawn, state.action)
        greedy = jnp.argmax(q_values, -1).astype(jnp.int32)
        action = jnp.where(remaining > 0, repeated, greedy)
        return action, Repeat(repeated, jnp.maximum(remaining - 1, 0))

    def metrics(self, clock: Clock) -> dict[str, jax.Array]:
        """Return ε."""
        return {"epsilon": value_at(self.epsilon, clock.env_steps)}
