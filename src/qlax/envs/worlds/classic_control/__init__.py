"""Gymnasium's classic control as compiled environments: the equations of motion, a file a task.

A parity test holds each to Gymnasium's: same states, rewards and ends under the same actions.
"""

from collections.abc import Callable

from qlax.envs.core import Dynamics
from qlax.envs.worlds.classic_control.acrobot import Acrobot
from qlax.envs.worlds.classic_control.cart_pole import CartPole
from qlax.envs.worlds.classic_control.continuous_mountain_car import ContinuousMountainCar
from qlax.envs.worlds.classic_control.mountain_car import MountainCar
from qlax.envs.worlds.classic_control.pendulum import Pendulum
from qlax.spaces import EnvSpec

__all__ = ["TASKS"]

TASKS: dict[str, Callable[[EnvSpec], Dynamics]] = {
    "CartPole-v1": CartPole,
    "MountainCar-v0": MountainCar,
    "Acrobot-v1": Acrobot,
    "Pendulum-v1": Pendulum,
    "MountainCarContinuous-v0": ContinuousMountainCar,
}
"""Gymnasium's id, and the task as functions, given the description that Gymnasium's comes to."""
