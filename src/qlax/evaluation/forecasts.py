"""What a policy expects of its episodes, beside what they pay.

Q(s, a) is learned from discounted rewards as the agent's reward stage has them, so that is how an
episode is counted here:  G = Σ_t γᵗ r_t.  If a time limit cut it in state s_T, the rest is what is
expected there: γᵀ max_a Q(s_T, a).

Reference: van Hasselt, Guez and Silver (2016), arXiv 1509.06461, who compare the two.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.agent import Agent
from qlax.envs.core import TimeStep
from qlax.rewards import Clipped, Multiplied, Paid, ReplaceLast, Unchanged


def can_be_compared(agent: Agent) -> bool:
    """Return whether its values are of rewards that an episode shows: nothing learns them."""
    return type(agent.reward) in (Unchanged, Clipped, Multiplied, ReplaceLast)


def learned_from(agent: Agent, reward: jax.Array, done: jax.Array, observation: Any) -> jax.Array:
    """Return rewards as the agent learns from them, float32, [N]; see `can_be_compared`."""
    paid = Paid(reward, done, jnp.ones_like(done), observation, jnp.float32(agent.discount))
    return agent.reward((), paid)[0]


class Forecast:
    """An episode: what was expected of it, and what it paid."""

    def __init__(self, value: float) -> None:
        self.value, self.rest = value, 0.0
        self.rewards: list[float] = []

    def paid(self, agent: Agent) -> float:
        """Return G."""
        rewards = np.asarray(self.rewards, np.float32)
        done = np.arange(len(rewards)) == len(rewards) - 1
        learned = np.asarray(learned_from(agent, jnp.asarray(rewards), jnp.asarray(done), None))
        powers = agent.discount ** np.arange(len(rewards) + 1)
        return float(learned @ powers[:-1] + powers[-1] * self.rest)


class Forecasts:
    """The episodes of N environments under way."""

    def __init__(self, num_envs: int) -> None:
        self._running: list[Forecast | None] = [None] * num_envs
        self._cut: dict[int, Forecast] = {}

    def look(self, shown: TimeStep, values: Any) -> None:
        """See what the policy makes of what is shown, before its action.

        Args:
            shown: What the environments show.
            values: Action values, [N, A], −∞ for actions that are illegal.
        """
        if self._cut or shown.first.any():
            best = np.asarray(values).max(-1)
            for index, forecast in self._cut.items():
                forecast.rest = float(best[index])
            self._cut = {}
            for begun in np.flatnonzero(shown.first):
                index = int(begun)
                self._running[index] = Forecast(float(best[index]))

    def step(self, after: TimeStep) -> dict[int, Forecast]:
        """See what actions led to; return the episodes that are over, by environment."""
        over = {}
        for index, forecast in enumerate(self._running):
            if forecast is None or after.first[index]:
                continue
            forecast.rewards.append(float(after.reward[index]))
            if after.done[index]:
                over[index] = forecast
                self._running[index] = None
                if not after.terminated[index]:
                    self._cut[index] = forecast
        return over

    @property
    def is_waiting(self) -> bool:
        """Whether the rest of an episode that was cut is not known yet."""
        return bool(self._cut)
