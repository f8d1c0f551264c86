"""Action values of many states at once, by one compiled program for all moments of a run."""

import functools
from typing import Any, NamedTuple

import jax
import numpy as np

from qlax.agent import Agent
from qlax.maths.policies import greedy_action, only_legal
from qlax.policy import Policy
from qlax.precision import computes_in_32_bits
from qlax.spaces import EnvSpec, zeros

_NUMBERS = 2**16
"""Numbers of observations that are looked at together: more would only take memory."""
_LARGEST, _SMALLEST = 4_096, 16


class Look(NamedTuple):
    """What a policy makes of B states; arrays of NumPy."""

    action: np.ndarray
    """The greedy action among the legal ones, numbered from zero, int32, shape [B]."""
    q_values: np.ndarray
    """Action values, float32, shape [B, A]; −∞ for illegal actions."""
    prediction: Any
    """What the head predicts, each array [B, …]."""

    @property
    def value(self) -> np.ndarray:
        """The largest value of a legal action, shape [B]."""
        return np.asarray(self.q_values.max(-1))

    @property
    def gap(self) -> np.ndarray:
        """How much better the best legal action is than the second, shape [B].

        0 where there is no second one.
        """
        if self.q_values.shape[-1] < 2:
            return np.zeros(len(self.q_values), np.float32)
        second, best = np.sort(self.q_values, -1)[:, -2:].T
        return np.where(np.isfinite(second), best - second, 0.0)


@computes_in_32_bits
class Eyes:
    """Looks at states with the network of one agent, whatever its parameters.

    Batches are cut into parts of one size, so that two programs are compiled at most, and moments
    of the same run share them.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.spec = policy.spec

    def at(self, observation: Any, legal: Any = None, params: Any = None) -> Look:
        """Return what the policy makes of states; for agents without a memory.

        Args:
            observation: Each array [B, …], B ≥ 1; numbered states from zero.
            legal: Which actions are legal, bool, [B, A]; None if all are.
            params: Others than the policy's, such as another moment's.
        """
        params = self.policy.params if params is None else params
        kinds = zeros(self.spec.observation)
        seen = jax.tree.map(lambda kind, array: np.asarray(array, kind.dtype), kinds, observation)
        rows = len(jax.tree.leaves(seen)[0])
        if legal is not None:
            legal = np.asarray(legal, bool)
        size = self._size(seen, rows)
        parts = []
        for begin in range(0, rows, size):
            cut = functools.partial(_padded, begin=begin, size=size)
            shown, mask = jax.tree.map(cut, (seen, legal))
            look = _look(self.policy.agent, self.spec)(params, shown, mask)[0]
            kept = min(size, rows - begin)
            parts.append(jax.tree.map(lambda array, kept=kept: np.asarray(array)[:kept], look))
        found: Look = jax.tree.map(lambda *arrays: np.concatenate(arrays), *parts)
        return found

    def step(self, shown: Any, legal: Any, memory: Any, first: Any, previous: Any) -> Any:
        """Return a `Look` at the next states of N environments, and what is remembered.

        The arguments are those of `Agent.predict`.
        """
        look, memory = _look(self.policy.agent, self.spec)(
            self.policy.params, shown, legal, memory, first, previous
        )
        return jax.tree.map(np.asarray, look), memory

    def _size(self, seen: Any, rows: int) -> int:
        """Return how many states are looked at together: one of two sizes."""
        entries = sum(int(np.prod(array.shape[1:])) for array in jax.tree.leaves(seen))
        most = min(max(_NUMBERS // max(entries, 1), _SMALLEST), _LARGEST)
        return most if rows > _SMALLEST else _SMALLEST


def _padded(array: np.ndarray, begin: int, size: int) -> np.ndarray:
    """Return `size` rows from `begin` on, the last one again and again where there are no more."""
    index = np.minimum(np.arange(begin, begin + size), len(array) - 1)
    return np.asarray(array[index])


def _look(agent: Agent, spec: EnvSpec) -> Any:
    """Return the compiled program: kept for agents that can be told apart."""
    try:
        return _kept(agent, spec)
    except TypeError:  # a part of the user's own that has no hash
        return _compiled(agent, spec)


def _compiled(agent: Agent, spec: EnvSpec) -> Any:
    """(params, observation, legal, memory, first, previous) → `Look`, memory."""

    def look(
        params: Any,
        observation: Any,
        legal: Any,
        memory: Any = None,
        first: Any = None,
        previous: Any = (None, None),
    ) -> tuple[Look, Any]:
        prediction, memory = agent.predict(
            params, spec, observation, memory, first, previous=previous
        )
        q_values = agent.head.q_values(prediction)
        action, q_values = greedy_action(q_values, legal), only_legal(q_values, legal)
        return Look(action, q_values, prediction), memory  # type: ignore[arg-type]

    return jax.jit(look)


_kept = functools.lru_cache(maxsize=16)(_compiled)
