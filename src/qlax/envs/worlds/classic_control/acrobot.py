"""`Acrobot-v1`: two links to swing up."""

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp

from qlax.envs.core import Transition
from qlax.pytree import Pytree
from qlax.spaces import EnvSpec


class AcrobotState(Pytree):
    """The angles of two links and how fast they turn; each a scalar."""

    joint_angle1: jax.Array
    """Of the first link from hanging down, in rad, from −π to π."""
    joint_angle2: jax.Array
    """Of the second link from the first, likewise."""
    velocity_1: jax.Array
    """rad/s."""
    velocity_2: jax.Array
    """rad/s."""


@dataclass(frozen=True)
class Acrobot:
    """Two links that hang, with a motor in the joint between them: swing the end up.

    A step is one of Runge and Kutta's, of the fourth order. Lengths, masses and moments of inertia
    are 1, and centres of mass lie halfway.

    Reference: Sutton and Barto (2018), "Reinforcement Learning", second edition, section 11.3.
    """

    spec: EnvSpec

    gravity: ClassVar[float] = 9.8
    length: ClassVar[float] = 1.0
    mass: ClassVar[float] = 1.0
    centre: ClassVar[float] = 0.5
    """From a link's joint to its centre of mass."""
    inertia: ClassVar[float] = 1.0
    interval: ClassVar[float] = 0.2
    """Seconds a step."""
    most_velocities: ClassVar[tuple[float, float]] = (4 * jnp.pi, 9 * jnp.pi)

    def reset(self, key: jax.Array) -> tuple[AcrobotState, jax.Array]:
        """Return the state and observation an episode begins with."""
        state = AcrobotState(*jax.random.uniform(key, (4,), minval=-0.1, maxval=0.1))
        return state, self._seen(state)

    def step(self, state: AcrobotState, action: jax.Array, key: jax.Array) -> Transition:  # noqa: ARG002
        """Return what follows from a torque: −1 by 0, none by 1, +1 by 2."""
        torque = action - 1.0
        now = jnp.stack(
            [state.joint_angle1, state.joint_angle2, state.velocity_1, state.velocity_2]
        )
        moved = self._integrated(now, torque)
        most_1, most_2 = self.most_velocities
        after = AcrobotState(
            joint_angle1=_from_minus_to_plus_pi(moved[0]),
            joint_angle2=_from_minus_to_plus_pi(moved[1]),
            velocity_1=jnp.clip(moved[2], -most_1, most_1),
            velocity_2=jnp.clip(moved[3], -most_2, most_2),
        )
        height = -jnp.cos(after.joint_angle1) - jnp.cos(after.joint_angle2 + after.joint_angle1)
        is_up = height > self.length
        return Transition(
            state=after,
            observation=self._seen(after),
            reward=jnp.where(is_up, 0.0, -1.0).astype(jnp.float32),
            terminated=is_up,
        )

    def _integrated(self, now: jax.Array, torque: jax.Array) -> jax.Array:
        """Return the state after an interval, by one step of Runge and Kutta's."""
        half = self.interval / 2
        first = self._change(now, torque)
        second = self._change(now + half * first, torque)
        third = self._change(now + half * second, torque)
        fourth = self._change(now + self.interval * third, torque)
        return now + self.interval / 6.0 * (first + 2 * second + 2 * third + fourth)

    def _change(self, now: jax.Array, torque: jax.Array) -> jax.Array:
        """Return how fast angles and velocities change, as the book has it."""
        angle_1, angle_2, velocity_1, velocity_2 = now
        mass, length, centre, inertia = self.mass, self.length, self.centre, self.inertia
        pull, arm = mass * self.gravity, mass * length * centre
        cos, sin = jnp.cos(angle_2), jnp.sin(angle_2)
        d_1 = mass * (2 * centre**2 + length**2) + 2 * arm * cos + 2 * inertia
        d_2 = mass * centre**2 + arm * cos + inertia
        phi_2 = pull * centre * jnp.cos(angle_1 + angle_2 - jnp.pi / 2)
        phi_1 = (
            -arm * velocity_2**2 * sin
            - 2 * arm * velocity_2 * velocity_1 * sin
            + pull * (centre + length) * jnp.cos(angle_1 - jnp.pi / 2)
            + phi_2
        )
        driven = torque + d_2 / d_1 * phi_1 - arm * velocity_1**2 * sin - phi_2
        turning_2 = driven / (mass * centre**2 + inertia - d_2**2 / d_1)
        turning_1 = -(d_2 * turning_2 + phi_1) / d_1
        return jnp.stack([velocity_1, velocity_2, turning_1, turning_2])

    def _seen(self, state: AcrobotState) -> jax.Array:
        shown = [
            *(jnp.cos(state.joint_angle1), jnp.sin(state.joint_angle1)),
            *(jnp.cos(state.joint_angle2), jnp.sin(state.joint_angle2)),
            *(state.velocity_1, state.velocity_2),
        ]
        return jnp.stack(shown).astype(jnp.float32)


def _from_minus_to_plus_pi(angle: jax.Array) -> jax.Array:
    """Return an angle less its whole turns; one that has none is left to the last bit."""
    turn = 2 * jnp.pi
    above = jnp.ceil((angle - jnp.pi) / turn)
    below = jnp.ceil((-jnp.pi - angle) / turn)
    return angle - turn * jnp.maximum(above, 0) + turn * jnp.maximum(below, 0)
