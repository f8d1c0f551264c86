"""What values converge to, computed in NumPy from the process itself.

Each is a function of a process and a discount that returns the values of all actions, [S, A], as
an agent learns them that draws its actions uniformly among the legal ones.
"""

from collections.abc import Callable

import numpy as np

from tests.probes.mdp import MDP, best, value_iteration

FixedPoint = Callable[[MDP, float], np.ndarray]


def optimal(mdp: MDP, discount: float) -> np.ndarray:
    """Return Q*."""
    return value_iteration(mdp, discount, best)


def uniform(mdp: MDP, discount: float) -> np.ndarray:
    """Return the values of the policy that draws every legal action alike."""
    return value_iteration(mdp, discount, _mean)


def softmax(temperature: float) -> FixedPoint:
    """Return the fixed point of backups by the mean under softmax(Q / τ)."""
    return lambda mdp, discount: value_iteration(
        mdp, discount, lambda q, legal: _softmax_mean(q, legal, temperature)
    )


def soft(temperature: float) -> FixedPoint:
    """Return the fixed point of backups by the soft maximum, τ log Σ_a exp(Q / τ)."""
    return lambda mdp, discount: value_iteration(
        mdp, discount, lambda q, legal: _soft_maximum(q, legal, temperature)
    )


def munchausen(alpha: float, temperature: float, floor: float) -> FixedPoint:
    """Return the fixed point of soft backups with the bonus α [τ log π(a)] from floor to 0."""

    def bonus(q: np.ndarray, legal: np.ndarray) -> np.ndarray:
        return alpha * np.clip(temperature * _log_softmax(q, legal, temperature), floor, 0.0)

    return lambda mdp, discount: value_iteration(
        mdp, discount, lambda q, legal: _soft_maximum(q, legal, temperature), bonus
    )


def _log_softmax(q_values: np.ndarray, legal: np.ndarray, temperature: float) -> np.ndarray:
    """log π over legal actions, −∞ elsewhere."""
    scaled = np.where(legal, q_values / temperature, -np.inf)
    top = scaled.max(-1, keepdims=True)
    return scaled - top - np.log(np.exp(scaled - top).sum(-1, keepdims=True))


def _softmax_mean(q_values: np.ndarray, legal: np.ndarray, temperature: float) -> np.ndarray:
    return (np.exp(_log_softmax(q_values, legal, temperature)) * q_values).sum(-1)


def _soft_maximum(q_values: np.ndarray, legal: np.ndarray, temperature: float) -> np.ndarray:
    """τ log Σ_a exp(q / τ)."""
    scaled = np.where(legal, q_values / temperature, -np.inf)
    top = scaled.max(-1)
    return temperature * (top + np.log(np.exp(scaled - top[:, None]).sum(-1)))


def _mean(q_values: np.ndarray, legal: np.ndarray) -> np.ndarray:
    return np.where(legal, q_values, 0.0).sum(-1) / legal.sum(-1)
