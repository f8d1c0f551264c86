"""Streaming optimisers by themselves, on a table of two states and two actions."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from qlax.optimizers import Signal
from qlax.schedules import value_at


class Taken(NamedTuple):
    """One step, as an optimiser is told of it."""

    state: int
    action: int
    error: float
    greedy: bool = True
    counts: bool = True


def tables(optimizer, steps, discount=0.5):
    """Return the table after each of the steps, begun with zeros."""
    transformation, table = optimizer.transformation(), jnp.zeros((2, 2))
    state, found, updates = transformation.init(table), [], 0
    for taken in steps:
        # The objective is −q(s, a), or with weight 0 nothing.
        gradient = jnp.zeros((2, 2)).at[taken.state, taken.action].set(-1.0 * taken.counts)
        signal = Signal(
            error=jnp.array([taken.error]),
            discount=jnp.float32(discount),
            counts=jnp.array([taken.counts]),
            greedy=jnp.array([taken.greedy]),
        )
        direction, state = transformation.update(gradient, state, table, signal=signal)
        table = table - value_at(optimizer.learning_rate, jnp.int32(updates)) * direction
        updates += taken.counts
        found.append(np.asarray(table))
    return found
