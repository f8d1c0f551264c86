"""`MountainCarContinuous-v0`: the car with a throttle, which costs."""

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp

from qlax.envs.core import Transition
from qlax.envs.worlds.classic_control.mountain_car import MountainCarState
from qlax.spaces import EnvSpec


@dataclass(frozen=True)
class ContinuousMountainCar:
    """A car in a valley whose engine, a ∈ [−1, 1], is too weak for the hill.

        v ← v + 0.0015 a − 0.0025 cos 3x,    x ← x + v

    Both are clipped, and a car that hits the wall on the left stops. A step pays −0.1 a², and 100
    at the goal.
    """

    spec: EnvSpec

    leftmost: ClassVar[float] = -1.2
    rightmost: ClassVar[float] = 0.6
    goal: ClassVar[float] = 0.45
    most_velocity: ClassVar[float] = 0.07
    power: ClassVar[float] = 0.0015
    gravity: ClassVar[float] = 0.0025

    def reset(self, key: jax.Array) -> tuple[MountainCarState, jax.Array]:
        """Return the state and observation an episode begins with."""
        position = jax.random.uniform(key, (), minval=-0.6, maxval=-0.4)
        state = MountainCarState(position, jnp.zeros_like(position))
        return state, self._seen(state)

    def step(self, state: MountainCarState, action: jax.Array, key: jax.Array) -> Transition:  # noqa: ARG002
        """Return what follows from a throttle."""
        throttle = self.spec.own_action(action).reshape(())
        force = jnp.clip(throttle, -1.0, 1.0)
        slope = jnp.cos(3 * state.position)
        velocity = state.velocity + force * self.power - slope * self.gravity
        velocity = jnp.clip(velocity, -self.most_velocity, self.most_velocity)
        position = jnp.clip(state.position + velocity, self.leftmost, self.rightmost)
        velocity = jnp.where((position == self.leftmost) & (velocity < 0), 0.0, velocity)
        after = MountainCarState(position, velocity)
        there = (position >= self.goal) & (velocity >= 0)
        return Transition(
            state=after,
            observation=self._seen(after),
            reward=jnp.float32(100.0) * there - (0.1 * throttle**2).astype(jnp.float32),
            terminated=there,
        )

    def _seen(self, state: MountainCarState) -> jax.Array:
        return jnp.stack([state.position, state.velocity]).astype(jnp.float32)
