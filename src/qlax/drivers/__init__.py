"""The loop around an agent: compiled into one program, or with the environment on the host."""

from typing import Any

from qlax.agent import Agent
from qlax.drivers.compiled import CompiledDriver
from qlax.drivers.core import Driver, LoopState, MetricsRow
from qlax.drivers.host import HostDriver
from qlax.drivers.outside import MeanwhileDriver, OutsideDriver
from qlax.envs.backends import Kind

__all__ = [
    "CompiledDriver",
    "Driver",
    "HostDriver",
    "LoopState",
    "MeanwhileDriver",
    "MetricsRow",
    "OutsideDriver",
    "driver_for",
]

_DRIVERS: dict[Kind, Any] = {
    Kind.INSIDE: CompiledDriver,
    Kind.OUTSIDE: OutsideDriver,
    Kind.MEANWHILE: MeanwhileDriver,
    Kind.HOST: HostDriver,
}


def driver_for(kind: Kind, agent: Agent, env: Any, *, side_by_side: bool = False) -> Driver:
    """Return what runs an agent in environments of a kind.

    Args:
        kind: Where the environments are.
        agent: The agent.
        env: The environments.
        side_by_side: Whether seeds are mapped over, which only environments in the program can be.
    """
    options = {"side_by_side": True} if side_by_side else {}
    driver: Driver = _DRIVERS[kind](agent, env, **options)
    return driver
