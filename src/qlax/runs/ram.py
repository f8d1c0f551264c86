"""The memory that a run needs: known before it is taken, and freed after use."""

import contextlib
import ctypes
from pathlib import Path
from typing import Any, NamedTuple

import jax
import psutil

from qlax.agent import Agent
from qlax.drivers.core import LoopState
from qlax.errors import UsageError

_GIGABYTE = 1e9
# A smaller need is not worth a remark.
_WORTH_SAYING = 0.5e9
# Programs, networks' intermediate results and Python itself come on top of the state.
_RESERVE = 1e9
# The memory limit of a container.
_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


def bytes_of(shapes: Any) -> int:
    """Return the bytes that a tree of arrays, or of their shapes, takes."""
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(shapes))


class Forecast(NamedTuple):
    """The memory that a run takes, in bytes."""

    need: float
    """Of everything."""
    replay: float
    """Of the replay alone."""
    free: float
    """Free now."""

    def __str__(self) -> str:
        return (
            f"{_shown(self.need)}, of which the replay {_shown(self.replay)}; "
            f"{_shown(self.free)} are free"
        )

    @property
    def fits(self) -> bool:
        """Whether it is free, with some room for programs and what networks compute."""
        return self.need + _RESERVE <= self.free

    @property
    def is_much(self) -> bool:
        """Whether the need is worth a remark."""
        return self.need > _WORTH_SAYING


def forecast(state: LoopState, seeds: int) -> Forecast:
    """Return the memory that a run needs.

    Args:
        state: Shapes of everything the run of one seed is.
        seeds: How many run side by side.
    """
    # A gradient is as large as the parameters: with tables of many entries, that counts.
    need = (bytes_of(state) + bytes_of(state.agent.learner.params)) * seeds
    return Forecast(need, bytes_of(state.agent.replay) * seeds, free_bytes())


def require_ram(agent: Agent, state: LoopState, seeds: int) -> Forecast:
    """Return the memory that a run needs, or refuse a run that cannot fit.

    Args:
        agent: The agent.
        state: Shapes of everything the run of one seed is.
        seeds: How many run side by side.

    Raises:
        UsageError: if less is free.
    """
    found = forecast(state, seeds)
    need, replay, free = found
    if not found.fits:
        raise UsageError(
            f"The run needs {_shown(need)} of memory, {_shown(replay)} of it for the replay, and "
            f"{_shown(free)} are free{_remedy(agent, replay, free - _RESERVE - need + replay)}."
        )
    return found


def release_freed() -> None:
    """Give memory that has been freed back to the system.

    Compiling a large program takes a few hundred megabytes for a moment, which the C library would
    keep. Elsewhere than on glibc nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _remedy(agent: Agent, replay: float, room: float) -> str:
    """Return what would fit, as the end of a sentence."""
    capacity = getattr(agent.replay, "capacity", None)
    if capacity is None or room <= 0.0:
        return ""
    fitting = int(capacity * room / replay) - 1  # a replay has a few bytes that no step takes
    return f": a replay of {fitting:,} steps would fit, agent.replay.capacity={fitting}"


def _shown(size: float) -> str:
    small = size < _GIGABYTE / 10
    return f"{size / 1e6:.0f} MB" if small else f"{size / _GIGABYTE:.1f} GB"


def free_bytes() -> float:
    """Return the free bytes where arrays are stored: on the accelerator, or in this machine."""
    known = jax.local_devices()[0].memory_stats()
    if known and "bytes_limit" in known:
        return float(known["bytes_limit"] - known.get("bytes_in_use", 0))
    try:
        limit = float(_CONTAINER_LIMIT.read_text())
    except (OSError, ValueError):  # no container, or one without a limit, which says "max"
        limit = float("inf")
    return min(float(psutil.virtual_memory().available), limit)
