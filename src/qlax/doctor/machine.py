"""The machine: processor, memory, disks and accelerators, as far as this process may use them."""

import os
import platform
import shutil
from pathlib import Path
from typing import NamedTuple

import psutil

from qlax.envs.threads import usable_cores

_LIMIT = Path("/sys/fs/cgroup/memory.max")
_SHARE = Path("/sys/fs/cgroup/cpu.max")
_SIGNS_OF_A_GPU = ("/dev/nvidia0", "/dev/nvidiactl", "/proc/driver/nvidia/version", "/dev/kfd")


class Machine(NamedTuple):
    """What there is. Sizes are in bytes."""

    system: str
    processor: str
    cores: int
    """That the machine has."""
    usable: int
    """That this process may run on."""
    quota: float | None
    """Of how many cores a container gives it the time; None for no limit."""
    load: float | None
    """Processes that wanted to run during the last minute, on average."""
    memory: int
    """That the machine has."""
    limit: int | None
    """That a container may take; None for no limit."""
    free: int
    """That is free, within the limit."""
    gpu: bool
    """Whether there are signs of a GPU, whether or not JAX sees it."""
    home_writable: bool
    """Whether the home folder can be written to."""
    here_free: int
    """Free on the disk of the folder one is in, which runs are written to."""


def machine() -> Machine:
    """Return what this machine has."""
    limit = _number(_LIMIT)
    taken = _number(Path("/sys/fs/cgroup/memory.current")) or 0
    available = int(psutil.virtual_memory().available)
    has_load = hasattr(os, "getloadavg")
    return Machine(
        system=f"{platform.system()} {platform.release()} ({platform.machine()})",
        processor=_processor(),
        cores=os.cpu_count() or 1,
        usable=usable_cores(),
        quota=_quota(),
        load=round(os.getloadavg()[0], 1) if has_load else None,
        memory=int(psutil.virtual_memory().total),
        limit=limit,
        free=available if limit is None else min(available, max(limit - taken, 0)),
        gpu=any(Path(sign).exists() for sign in _SIGNS_OF_A_GPU),
        home_writable=os.access(Path("~").expanduser(), os.W_OK),
        here_free=shutil.disk_usage(".").free,
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _quota() -> float | None:
    """Return the cores whose time a container may take."""
    try:
        time, period = _SHARE.read_text().split()
        return None if time == "max" else round(int(time) / int(period), 2)
    except (OSError, ValueError):
        return None


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
