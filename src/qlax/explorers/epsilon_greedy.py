"""ε-greedy, with any distribution of how long an exploratory action lasts."""

from dataclasses import dataclass, field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.explorers.core import Clock, Situation
from qlax.explorers.durations import Duration, OneStep
from qlax.maths.policies import draw_uniformly, epsilon_greedy_policy, greedy_action
from qlax.schedules import Linear, Schedule, extremes, value_at
from qlax.spaces import EnvSpec
from qlax.validation import check_types


class Repeat(NamedTuple):
    """The exploratory action that is being repeated in each environment."""

    action: jax.Array
    """int32, shape [N]."""
    remaining: jax.Array
    """Steps that remain of it, int32, shape [N]; 0 where nothing is repeated."""


@dataclass(frozen=True, kw_only=True)
class EpsilonGreedy:
    """With probability ε start an action drawn uniformly and repeat it n ~ duration steps.

    Otherwise, and when no repeat is under way, a = argmax_a q(s, a). Each environment draws
    independently. A repeat ends with its episode, and where its action is no longer legal.

    With `spread` α > 0, environment i of N explores with ε^(1 + α i / (N − 1)): some explore
    a lot, others hardly at all (Ape-X takes ε = 0.4 and α = 7).

    References: Watkins (1989); Dabney, Ostrovski and Barreto (2020), arXiv 2006.01782; Horgan et
    al. (2018), arXiv 1803.00933, for the spread.
    """

    epsilon: float | Schedule = field(default_factory=Linear)
    """Probability of starting an exploratory action, in [0, 1], by environment steps."""
    duration: Duration = field(default_factory=OneStep)
    """Distribution of the number of steps for which it is repeated."""
    spread: float = 0.0
    """α ≥ 0: how much ε differs between parallel environments; 0 for the same ε in all."""

    def __post_init__(self) -> None:
        check_types(self)
        smallest, largest = extremes(self.epsilon)
        beyond = smallest < 0.0 or largest > 1.0
        require(not beyond, "EpsilonGreedy.epsilon", self.epsilon, "in [0, 1]")
        require(self.spread >= 0.0, "EpsilonGreedy.spread", self.spread, "0 or more")

    def init(self, num_envs: int, spec: EnvSpec) -> Repeat:  # noqa: ARG002
        """Return a state in which nothing is repeated."""
        return Repeat(jnp.zeros(num_envs, jnp.int32), jnp.zeros(num_envs, jnp.int32))

    def act(self, state: Repeat, key: jax.Array, situation: Situation) -> tuple[jax.Array, Repeat]:
        """Return actions, int32 of shape [N], and what is still to be repeated."""
        num_envs, num_actions = situation.q_values.shape
        legal = situation.legal
        uniform = jax.random.uniform(key, (3, num_envs))
        remaining = jnp.where(situation.first, 0, state.remaining)
        if legal is not None:
            still = jnp.take_along_axis(legal, state.action[:, None], -1)[:, 0]
            remaining = jnp.where(still, remaining, 0)
        epsilon = self._epsilons(situation.clock, num_envs)
        starts = (remaining == 0) & (uniform[0] < epsilon)
        remaining = jnp.where(starts, self.duration.sample(uniform[1]), remaining)
        drawn = draw_uniformly(uniform[2], num_actions, legal)
        repeated = jnp.where(starts, drawn, state.action)
        greedy = greedy_action(situation.q_values, legal)
        action = jnp.where(remaining > 0, repeated, greedy)
        return action, Repeat(repeated, jnp.maximum(remaining - 1, 0))

    def probabilities(
        self, q_values: jax.Array, legal: jax.Array | None, clock: Clock
    ) -> jax.Array:
        """Return 1 − ε on the best action and ε spread evenly over all."""
        return epsilon_greedy_policy(q_values, value_at(self.epsilon, clock.env_steps), legal)

    def why_not(self) -> str | None:
        """Return why they are unknown: repeats depend on the past, spread on the environment."""
        if not isinstance(self.duration, OneStep):
            return "its exploratory actions are repeated: take duration=OneStep()"
        if self.spread:
            return "its environments explore differently: take spread=0"
        return None

    def metrics(self, clock: Clock) -> dict[str, jax.Array]:
        """Return ε, the mean over environments if it is spread."""
        return {"epsilon": self._epsilons(clock, clock.episodes.shape[0]).mean()}

    def _epsilons(self, clock: Clock, num_envs: int) -> jax.Array:
        """Return ε of each environment, or one scalar for all."""
        epsilon = value_at(self.epsilon, clock.env_steps)
        if not self.spread:
            return epsilon
        return epsilon ** (1.0 + self.spread * jnp.arange(num_envs) / max(num_envs - 1, 1))
