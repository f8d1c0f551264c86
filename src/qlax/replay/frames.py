"""Stacks of frames: each frame is stored once, and stacks are built again when they are drawn.

An environment that shows its k newest frames at once shows every frame k times. A million steps of
Atari stored as they come take 28 GB for s and as much for s′; with every frame stored once, 7 GB.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from qlax.spaces import Box, Composite, Space


def longest_stack(space: Space | None) -> int:
    """Return how many frames the tallest stack of an observation holds; 1 if it has none."""
    if isinstance(space, Composite):
        return max(longest_stack(inner) for _, inner in space.entries)
    return space.frames if isinstance(space, Box) else 1


def newest(observation: Any, space: Space | None) -> Any:
    """Return observations, [N, …], with the newest frame in place of every stack."""
    if isinstance(space, Composite):
        return {name: newest(observation[name], inner) for name, inner in space.entries}
    return observation[:, -1] if isinstance(space, Box) and space.frames > 1 else observation


def stacked(
    rings: Any,
    space: Space | None,
    read: Callable[[jax.Array, jax.Array], jax.Array],
    place: Callable[[jax.Array], jax.Array],
    age: jax.Array,
) -> Any:
    """Return observations as the environment showed them.

    Args:
        rings: What is stored of every array, newest frames in place of stacks.
        space: The observations' space.
        read: Returns a ring's entries at places.
        place: Returns, for a number of steps (int32), the places of what was stored that many
            steps before the wanted observations.
        age: How many steps before them the episode began, int32; beyond a stack's reach any number
            that is larger will do.

    Returns:
        Each array [..., …] as `age`, and of stacks [..., k, …].
    """
    if isinstance(space, Composite):
        return {
            name: stacked(rings[name], inner, read, place, age) for name, inner in space.entries
        }
    if not isinstance(space, Box) or space.frames == 1:
        return read(rings, place(jnp.int32(0)))
    # Steps back from the newest frame, oldest first: [k], then an axis for each of `age`'s.
    backs = jnp.arange(space.frames - 1, -1, -1).reshape((-1, *[1] * age.ndim))

    def frame(wanted: tuple[jax.Array, jax.Array]) -> jax.Array:
        at, known = wanted
        found = read(rings, at)
        if space.padding != "zeros":
            return found
        known = known.reshape(known.shape + (1,) * (found.ndim - known.ndim))
        return jnp.where(known, found, jnp.zeros_like(found))

    # In a loop, so that whole frames are copied first. Fused with what follows, XLA would look up
    # the place of every single pixel, which is several times as slow.
    # Before the episode's first frame that frame is read again, as padding or to be zeroed.
    frames = jax.lax.map(frame, (place(jnp.minimum(age, backs)), age >= backs))
    return jnp.moveaxis(frames, 0, age.ndim)
