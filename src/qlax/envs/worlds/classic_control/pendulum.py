"""`Pendulum-v1`: a pole to be swung up and held."""

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp

from qlax.envs.core import Transition
from qlax.pytree import Pytree
from qlax.spaces import EnvSpec


class PendulumState(Pytree):
    """The pole's angle from upright, and how fast it turns; each a scalar."""

    theta: jax.Array
    theta_dot: jax.Array


@dataclass(frozen=True)
class Pendulum:
    """A pole on a motor that is too weak to lift it at once.

        θ̇ ← θ̇ + (3 g sin θ / (2 l) + 3 u / (m l²)) δ,    θ ← θ + θ̇ δ

    θ̇ is clipped; the cost of a step is θ² + 0.1 θ̇² + 0.001 u², of the state before it.
    """

    spec: EnvSpec

    most_velocity: ClassVar[float] = 8.0
    most_torque: ClassVar[float] = 2.0
    gravity: ClassVar[float] = 10.0
    step_seconds: ClassVar[float] = 0.05

    def reset(self, key: jax.Array) -> tuple[PendulumState, jax.Array]:
        """Return the state and observation an episode begins with."""
        high = jnp.asarray([jnp.pi, 1.0])
        theta, theta_dot = jax.random.uniform(key, (2,), minval=-high, maxval=high)
        state = PendulumState(theta, theta_dot)
        return state, self._seen(state)

    def step(self, state: PendulumState, action: jax.Array, key: jax.Array) -> Transition:  # noqa: ARG002
        """Return what follows from a torque."""
        torque = self.spec.own_action(action).reshape(())
        torque = jnp.clip(torque, -self.most_torque, self.most_torque)
        angle = (state.theta + jnp.pi) % (2 * jnp.pi) - jnp.pi
        cost = angle**2 + 0.1 * state.theta_dot**2 + 0.001 * torque**2
        pull = 1.5 * self.gravity * jnp.sin(state.theta) + 3.0 * torque
        velocity = state.theta_dot + pull * self.step_seconds
        velocity = jnp.clip(velocity, -self.most_velocity, self.most_velocity)
        after = PendulumState(state.theta + velocity * self.step_seconds, velocity)
        return Transition(
            state=after,
            observation=self._seen(after),
            reward=-cost.astype(jnp.float32),
            terminated=jnp.zeros((), bool),
        )

    def _seen(self, state: PendulumState) -> jax.Array:
        seen = [jnp.cos(state.theta), jnp.sin(state.theta), state.theta_dot]
        return jnp.stack(seen).astype(jnp.float32)
