"""What a policy makes of a state: the value of every action, and the distribution behind it."""

import functools
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from qlax.agent import Agent
from qlax.heads import HasDistribution, HasMembers
from qlax.maths.factors import greedy_of
from qlax.maths.policies import only_legal
from qlax.policy import Actor, Policy
from qlax.precision import computes_in_32_bits
from qlax.spaces import EnvSpec, legal_values


@dataclass(frozen=True, eq=False)
class Returns:
    """The distribution of the return of every action, as values and their probabilities."""

    values: np.ndarray
    """Returns: [K] where all actions share them, as atoms are, else quantiles, [A, K]."""
    probabilities: np.ndarray
    """Of each of them, shape [A, K]; they sum to 1."""

    @property
    def are_atoms(self) -> bool:
        """Whether the values are fixed, and the probabilities learned; else it is the reverse."""
        return self.values.ndim == 1

    def columns(self, edges: np.ndarray) -> np.ndarray:
        """Return the distributions as columns between these edges, [A, K + 1], highest 1."""
        if self.are_atoms:
            middles = 0.5 * (edges[1:] + edges[:-1])
            nearest = np.abs(middles[:, None] - self.values[None]).argmin(-1)
            half = 0.5 * (self.values[1] - self.values[0])
            inside = (middles >= self.values[0] - half) & (middles <= self.values[-1] + half)
            heights = self.probabilities[:, nearest] * inside
        else:
            places = np.searchsorted(edges, self.values, "right") - 1
            heights = np.zeros((len(self.values), len(edges) + 1))
            rows = np.arange(len(self.values))[:, None]
            np.add.at(heights, (rows, np.clip(places, -1, len(edges))), self.probabilities)
            heights = heights[:, : len(edges) - 1]
            heights = np.where(heights > 0, 0.35 + 0.65 * heights / max(heights.max(), 1e-9), 0.0)
        return np.asarray(heights / max(float(heights.max()), 1e-9))

    def between(self, outside: float, actions: np.ndarray) -> tuple[float, float]:
        """Return between which returns all but so small a share of these actions' lies."""
        if not actions.any():
            return np.nan, np.nan
        if not self.are_atoms:
            shown = self.values[actions]
            return float(shown.min()), float(shown.max())
        below = np.cumsum(self.probabilities[actions], -1)
        first = (below > outside).argmax(-1).min()
        last = (below >= 1.0 - outside).argmax(-1).max()
        step = self.values[1] - self.values[0]
        return float(self.values[first] - step / 2), float(self.values[last] + step / 2)


@dataclass(frozen=True, eq=False)
class Thought:
    """What a policy makes of a state."""

    q_values: np.ndarray
    """Action values, float32, shape [A]; −∞ for illegal actions."""
    best: Any
    """The greedy action, numbered from zero; int32, [F], where it has several factors."""
    marked: frozenset[int]
    """Which of the action values are those of the greedy action: one, or one of each factor."""
    returns: Returns | None
    """The distribution of the return; None where the head predicts only its mean."""
    members: np.ndarray | None
    """Action values of every member of an ensemble, shape [K, A]; None where there is none."""

    @property
    def legal(self) -> np.ndarray:
        """Which actions may be taken, bool, shape [A]."""
        return self.q_values > -np.inf


@computes_in_32_bits
class Thinker(Actor):
    """Plays as `Actor` does in one environment, and says what it thinks of each state."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        self._program = _program_of(policy.agent, policy.spec)
        self._thought: tuple[Any, ...] = ()

    def think(
        self,
        observation: Any,
        *,
        first: bool = False,
        action_mask: Any = None,
        reward: float | None = None,
    ) -> Thought:
        """Return what it makes of a state, and remember the state; arguments as in `Actor.act`."""
        self.act(observation, first=first, action_mask=action_mask, reward=reward)
        best = self._action[0] if self.policy.spec.factors else int(self._action[0])
        values, returns, members = jax.tree.map(np.asarray, self._thought)
        if returns is not None:
            fixed = returns.values.ndim == 1
            values_of_returns = returns.values if fixed else returns.values[0]
            returns = Returns(values_of_returns, returns.probabilities[0])
        return Thought(
            q_values=values[0],
            best=best,
            marked=self.policy.spec.places(best),
            returns=returns,
            members=None if members is None else members[0],
        )

    def did(self, action: Any) -> None:
        """Be told that another action than the best was taken, numbered from zero."""
        self._action = np.asarray([action], np.int32)

    def _answer(self, *shown: Any) -> tuple[Any, Any]:
        best, memory, *self._thought = self._program(self.policy.params, *shown)
        return best, memory


def _program_of(agent: Agent, spec: EnvSpec) -> Any:
    """Return what thinks; the policies of one agent at different times have one program."""
    make: Any = _compiled_once if isinstance(agent, Hashable) and _hashes(agent) else _compiled
    return make(agent, spec)


def _hashes(agent: Agent) -> bool:
    try:
        hash(agent)
    except TypeError:  # it has a part of the user's own that cannot be hashed
        return False
    return True


def _compiled(agent: Agent, spec: EnvSpec) -> Any:
    """Return (params, observations, legal, memory, first, previous) → all there is to know."""
    head = agent.head

    def think(
        params: Any,
        observation: Any,
        legal: Any,
        memory: Any = None,
        first: Any = None,
        previous: Any = (None, None),
    ) -> Any:
        prediction, memory = agent.predict(
            params, spec, observation, memory, first, previous=previous
        )
        values = head.q_values(prediction)
        returns = head.distribution(prediction) if isinstance(head, HasDistribution) else None
        members = head.member_values(prediction) if isinstance(head, HasMembers) else None
        legal = legal_values(spec, legal, len(values))
        best = greedy_of(values, legal, spec.factors)
        return best, memory, only_legal(values, legal), returns, members

    return jax.jit(think)


_compiled_once = functools.lru_cache(maxsize=8)(_compiled)
