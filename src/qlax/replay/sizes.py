"""Sizes of replays, checks of them, and uniform draws: shared by all kinds."""

from typing import Any

import jax
import jax.numpy as jnp

from qlax.errors import UsageError
from qlax.replay.core import Seen


def rows_for(capacity: int, seen: Seen) -> int:
    """Return how many rows hold `capacity` steps of all environments together."""
    num_envs = jax.tree.leaves(seen.observation)[0].shape[0]
    return int(-(-capacity // num_envs))


def require_room(owner: str, capacity: int, steps: int, agent: Any) -> None:
    """Raise `UsageError` if windows of `steps` steps do not fit into the capacity."""
    needed = steps * agent.num_envs
    if needed > capacity:
        raise UsageError(
            f"{owner}.capacity is {capacity}, but {agent.num_envs} environments and windows of "
            f"{steps} steps need at least {needed}."
        )


def require_first_window(steps: int, agent: Any) -> None:
    """Raise `UsageError` if learning would begin before the first window is complete."""
    steps += agent.bootstrap.uses_next_action
    needed = steps * agent.num_envs
    if agent.learning_starts < needed:
        raise UsageError(
            f"Agent.learning_starts is {agent.learning_starts}, but the first window of {steps} "
            f"steps of {agent.num_envs} environments is complete after {needed} steps: start "
            "learning then or later."
        )


def draw_below(key: jax.Array, limit: jax.Array, count: int) -> jax.Array:
    """Return `count` whole numbers in [0, limit), int32, equally likely.

    One draw of bits and a remainder: a quarter of the cost of `randint`, which draws four times
    to remove a bias of less than limit / 2³².
    """
    bits = jax.random.bits(key, (count,), jnp.uint32)
    return (bits % limit.astype(jnp.uint32)).astype(jnp.int32)
