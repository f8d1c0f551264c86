"""The loop around an agent: compiled into one program, or with the environment on the host."""

from qlax.drivers.compiled import CompiledDriver
from qlax.drivers.core import Driver, LoopState, MetricsRow
from qlax.drivers.host import HostDriver

__all__ = ["CompiledDriver", "Driver", "HostDriver", "LoopState", "MetricsRow"]
