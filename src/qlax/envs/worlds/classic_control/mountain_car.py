"""`MountainCar-v0`: a car that must gain momentum."""

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp

from qlax.envs.core import Transition
from qlax.pytree import Pytree
from qlax.spaces import EnvSpec


class MountainCarState(Pytree):
    """Where the car is, and how fast it goes; each a scalar."""

    position: jax.Array
    velocity: jax.Array


@dataclass(frozen=True)
class MountainCar:
    """A car in a valley whose engine is too weak for the hill.

        v ← v + 0.001 (a − 1) − 0.0025 cos 3x,    x ← x + v

    Both are clipped, and a car that hits the wall on the left stops.

    Reference: Moore (1990), "Efficient memory-based learning for robot control".
    """

    spec: EnvSpec

    leftmost: ClassVar[float] = -1.2
    rightmost: ClassVar[float] = 0.6
    goal: ClassVar[float] = 0.5
    most_velocity: ClassVar[float] = 0.07
    force: ClassVar[float] = 0.001
    gravity: ClassVar[float] = 0.0025

    def reset(self, key: jax.Array) -> tuple[MountainCarState, jax.Array]:
        """Return the state and observation an episode begins with."""
        position = jax.random.uniform(key, (), minval=-0.6, maxval=-0.4)
        state = MountainCarState(position, jnp.zeros_like(position))
        return state, self._seen(state)

    def step(self, state: MountainCarState, action: jax.Array, key: jax.Array) -> Transition:  # noqa: ARG002
        """Return what follows: 0 drives to the left, 1 lets roll, 2 drives to the right."""
        slope = jnp.cos(3 * state.position)
        velocity = state.velocity + (action - 1) * self.force - slope * self.gravity
        velocity = jnp.clip(velocity, -self.most_velocity, self.most_velocity)
        position = jnp.clip(state.position + velocity, self.leftmost, self.rightmost)
        velocity = jnp.where((position == self.leftmost) & (velocity < 0), 0.0, velocity)
        after = MountainCarState(position, velocity)
        return Transition(
            state=after,
            observation=self._seen(after),
            reward=jnp.float32(-1.0),
            terminated=(position >= self.goal) & (velocity >= 0),
        )

    def _seen(self, state: MountainCarState) -> jax.Array:
        return jnp.stack([state.position, state.velocity]).astype(jnp.float32)
