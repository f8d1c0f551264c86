"""Sums of rewards and the discounts that go with them."""

from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp

from qlax.maths.shapes import PerSample, checked

_Window = Annotated[jax.Array, "... n"]
_InTime = Annotated[jax.Array, "T ..."]


class NStepReturn(NamedTuple):
    """The sum of a window of n steps, and how to bootstrap from its end."""

    reward: PerSample
    """Σ_{i<k} γⁱ r_i, with k the number of steps before the episode ended, at most n."""
    discount: PerSample
    """γᵏ · (1 − terminated): what multiplies the bootstrapped value."""
    length: PerSample
    """k, int32: the bootstrap state is k steps after the first."""


@checked
def n_step_return(
    rewards: _Window,
    terminated: _Window,
    truncated: _Window,
    discount: jax.Array | float,
) -> NStepReturn:
    """Sum n rewards, stopping where the episode does.

    R = Σ_{i<k} γⁱ r_i,  d = γᵏ · (1 − terminated_{k−1}),  k = min(n, steps to the episode's end)

    A truncated episode still bootstraps, from its last observation, with the discount of the k
    steps really taken; a terminated one does not. Steps after the end never count.

    Args:
        rewards: r, shape [..., n].
        terminated: shape [..., n], bool; the episode ended in a terminal state.
        truncated: shape [..., n], bool; the episode was cut.
        discount: γ in [0, 1].

    Returns:
        The reward, discount and length, each of shape [...].

    Reference: Sutton and Barto (2018), Reinforcement Learning, section 7.1.
    """
    n = rewards.shape[-1]
    continues = 1.0 - (terminated | truncated).astype(jnp.float32)
    alive = jnp.concatenate(
        [jnp.ones_like(continues[..., :1]), jnp.cumprod(continues[..., :-1], axis=-1)], axis=-1
    )
    gamma = jnp.asarray(discount, jnp.float32)
    powers = gamma ** jnp.arange(n, dtype=jnp.float32)
    length = alive.sum(-1)
    ended_for_good = (alive * terminated).max(-1)
    return NStepReturn(
        reward=(alive * powers * rewards).sum(-1),
        discount=gamma**length * (1.0 - ended_for_good),
        length=length.astype(jnp.int32),
    )


@checked
def lambda_return(
    reward: _InTime,
    discount: _InTime,
    next_value: _InTime,
    next_taken: _InTime,
    trace: _InTime,
) -> _InTime:
    """Return  G_t = r_t + d_t [ v_{t+1} + c_{t+1} (G_{t+1} − u_{t+1}) ]  for every t.

    Args:
        reward: r_t, shape [T, ...].
        discount: d_t = γ (1 − terminated), shape [T, ...].
        next_value: v_{t+1} = Σ_a π(a) q(s_{t+1}, a), shape [T, ...].
        next_taken: u_{t+1}, the value that the return replaces, shape [T, ...].
        trace: c_{t+1}, shape [T, ...]; 0 at the last step and where an episode ends.

    Returns:
        G, shape [T, ...].

    Reference: Munos et al. (2016), arXiv 1606.02647.
    """

    def backwards(later: jax.Array, now: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array]:
        reward, discount, value, taken, trace = now
        total = reward + discount * (value + trace * (later - taken))
        return total, total

    inputs = (reward, discount, next_value, next_taken, trace)
    _, returns = jax.lax.scan(backwards, jnp.zeros_like(reward[0]), inputs, reverse=True)
    return returns
