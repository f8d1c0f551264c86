"""What each bootstrap's values converge to, computed in NumPy from the process itself."""

import numpy as np

from qlax import bootstraps
from tests.probes.mdp import MDP, best, value_iteration


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


def true_values(mdp: MDP, bootstrap: bootstraps.Bootstrap, discount: float) -> np.ndarray:
    """Return what an agent learns that draws its actions uniformly among the legal ones."""
    match bootstrap:
        case bootstraps.Greedy() | bootstraps.Double():
            return value_iteration(mdp, discount, best)
        case bootstraps.Sarsa() | bootstraps.ExpectedSarsa():
            return value_iteration(mdp, discount, _mean)
        case bootstraps.Boltzmann(temperature=tau, soft=soft):
            value = _soft_maximum if soft else _softmax_mean
            return value_iteration(mdp, discount, lambda q, legal: value(q, legal, tau))
        case bootstraps.Munchausen(alpha=alpha, temperature=tau, floor=floor):
            return value_iteration(
                mdp,
                discount,
                lambda q, legal: _soft_maximum(q, legal, tau),
                lambda q, legal: alpha * np.clip(tau * _log_softmax(q, legal, tau), floor, 0.0),
            )
    raise AssertionError(f"no fixed point is known for {bootstrap}")
