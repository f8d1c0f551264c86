"""From action values to action probabilities, with illegal actions left out.

Everywhere `legal` is bool, shape [..., A], or None if every action is legal. A state without any
legal action (the end of an episode, where nothing follows) is treated as if all were.
"""

from typing import Annotated

import jax
import jax.numpy as jnp

from qlax.maths.shapes import PerAction, PerSample, checked

Legal = PerAction | None


@checked
def some_legal(legal: PerAction) -> PerAction:
    """Return the mask with every action legal where none is."""
    return legal | ~legal.any(-1, keepdims=True)


@checked
def only_legal(q_values: PerAction, legal: Legal) -> PerAction:
    """Return the values with −∞ for illegal actions: for comparing, never for arithmetic."""
    if legal is None:
        return q_values
    return jnp.where(some_legal(legal), q_values, -jnp.inf)


@checked
def greedy_action(q_values: PerAction, legal: Legal) -> PerSample:
    """Return argmax_a q(a) among the legal ones, the first of equals: int32, shape [...]."""
    return jnp.argmax(only_legal(q_values, legal), -1).astype(jnp.int32)


@checked
def greedy_policy(q_values: PerAction, legal: Legal) -> PerAction:
    """π(a) = 1 for a = argmax_a q(a), else 0. Shape [..., A] both."""
    action = greedy_action(q_values, legal)
    return jax.nn.one_hot(action, q_values.shape[-1], dtype=q_values.dtype)


@checked
def uniform_policy(q_values: PerAction, legal: Legal) -> PerAction:
    """π(a) = 1 / number of legal actions for each of them. Shape [..., A], like `q_values`."""
    if legal is None:
        return jnp.full_like(q_values, 1.0 / q_values.shape[-1])
    allowed = some_legal(legal).astype(q_values.dtype)
    return allowed / allowed.sum(-1, keepdims=True)


@checked
def epsilon_greedy_policy(
    q_values: PerAction, epsilon: Annotated[jax.Array, "... | "], legal: Legal
) -> PerAction:
    """π = (1 − ε) greedy + ε uniform; ε of shape [...] or a scalar."""
    share = jnp.broadcast_to(epsilon, q_values.shape[:-1])[..., None]
    greedy, uniform = greedy_policy(q_values, legal), uniform_policy(q_values, legal)
    return (1.0 - share) * greedy + share * uniform


@checked
def log_softmax_policy(
    q_values: PerAction, temperature: jax.Array | float, legal: Legal
) -> PerAction:
    """Log π with π(a) ∝ exp(q(a) / τ) over the legal actions; 0 for illegal ones.

    An illegal action's entry is 0, not −∞, so that π log π is 0 and nothing becomes NaN; its
    probability is what `softmax_policy` says.
    """
    log_policy = jax.nn.log_softmax(only_legal(q_values, legal) / temperature, -1)
    return log_policy if legal is None else jnp.where(some_legal(legal), log_policy, 0.0)


@checked
def softmax_policy(q_values: PerAction, temperature: jax.Array | float, legal: Legal) -> PerAction:
    """π(a) = exp(q(a) / τ) / Σ_b exp(q(b) / τ) over the legal actions, 0 elsewhere."""
    return jax.nn.softmax(only_legal(q_values, legal) / temperature, -1)


@checked
def draw_uniformly(uniform: PerSample, num_actions: int, legal: Legal) -> PerSample:
    """Map numbers u in [0, 1), shape [...], to actions, each legal one equally likely: int32."""
    if legal is None:
        return (uniform * num_actions).astype(jnp.int32)
    allowed = some_legal(legal)
    rank = jnp.floor(uniform * allowed.sum(-1))
    return jnp.argmax(jnp.cumsum(allowed, -1) > rank[..., None], -1).astype(jnp.int32)
