"""`CartPole-v1`: a pole to balance on a cart."""

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp

from qlax.envs.core import Transition
from qlax.pytree import Pytree
from qlax.spaces import EnvSpec


class CartPoleState(Pytree):
    """Where cart and pole are, and how fast they move; each a scalar."""

    x: jax.Array
    """Position of the cart in m."""
    x_dot: jax.Array
    """m/s."""
    theta: jax.Array
    """Angle of the pole from upright, in rad."""
    theta_dot: jax.Array
    """rad/s."""


@dataclass(frozen=True)
class CartPole:
    """A pole on a cart that is pushed left or right, by Euler's method.

    With M the mass of cart and pole, m and l the pole's mass and half its length, and
    u = (F + m l θ̇² sin θ) / M:

        θ̈ = (g sin θ − u cos θ) / (l (4/3 − m cos² θ / M)),    ẍ = u − m l θ̈ cos θ / M

    Reference: Barto, Sutton and Anderson (1983), "Neuronlike adaptive elements that can solve
    difficult learning control problems".
    """

    spec: EnvSpec

    gravity: ClassVar[float] = 9.8
    cart_mass: ClassVar[float] = 1.0
    pole_mass: ClassVar[float] = 0.1
    half_length: ClassVar[float] = 0.5
    force: ClassVar[float] = 10.0
    interval: ClassVar[float] = 0.02
    """Seconds a step."""
    most_x: ClassVar[float] = 2.4
    most_theta: ClassVar[float] = 12 * 2 * jnp.pi / 360

    def reset(self, key: jax.Array) -> tuple[CartPoleState, jax.Array]:
        """Return the state and observation an episode begins with."""
        state = CartPoleState(*jax.random.uniform(key, (4,), minval=-0.05, maxval=0.05))
        return state, self._seen(state)

    def step(self, state: CartPoleState, action: jax.Array, key: jax.Array) -> Transition:  # noqa: ARG002
        """Return what follows from a push: to the left by 0, to the right by 1."""
        mass, moment = self.cart_mass + self.pole_mass, self.pole_mass * self.half_length
        push = self.force * (2 * action - 1)
        cos, sin = jnp.cos(state.theta), jnp.sin(state.theta)
        pull = (push + moment * state.theta_dot**2 * sin) / mass
        turning = (self.gravity * sin - cos * pull) / (
            self.half_length * (4.0 / 3.0 - self.pole_mass * cos**2 / mass)
        )
        speeding = pull - moment * turning * cos / mass
        after = CartPoleState(
            x=state.x + self.interval * state.x_dot,
            x_dot=state.x_dot + self.interval * speeding,
            theta=state.theta + self.interval * state.theta_dot,
            theta_dot=state.theta_dot + self.interval * turning,
        )
        return Transition(
            state=after,
            observation=self._seen(after),
            reward=jnp.float32(1.0),
            terminated=(jnp.abs(after.x) > self.most_x) | (jnp.abs(after.theta) > self.most_theta),
        )

    def _seen(self, state: CartPoleState) -> jax.Array:
        shown = [state.x, state.x_dot, state.theta, state.theta_dot]
        return jnp.stack(shown).astype(jnp.float32)
