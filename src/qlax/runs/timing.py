"""The time that each phase of a run takes."""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Timing:
    """Seconds in each phase, and in all."""

    began: float = field(default_factory=time.time)
    """When all this started, in seconds since the epoch: for a command, when its process did."""
    import_seconds: float | None = None
    """How long importing took; None when qlax is used as a library."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Seconds spent in each phase so far."""
    whole: "Timing | None" = None
    """What this is a part of, and counts towards."""

    def part(self) -> "Timing":
        """Return a timing for a part of the work, which counts towards this one."""
        return Timing(self.began, self.import_seconds, whole=self)

    @contextlib.contextmanager
    def measuring(self, phase: str) -> Iterator[None]:
        """Count the time of the block towards a phase."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self._count(phase, time.perf_counter() - start)

    def _count(self, phase: str, seconds: float) -> None:
        self.seconds[phase] = self.seconds.get(phase, 0.0) + seconds
        if self.whole is not None:
            self.whole._count(phase, seconds)

    def as_json(self) -> dict[str, float | None]:
        """Return every phase and the total, in seconds."""
        rounded = {f"{phase}_seconds": round(value, 3) for phase, value in self.seconds.items()}
        imported = None if self.import_seconds is None else round(self.import_seconds, 3)
        total = round(time.time() - self.began, 3)
        return {"import_seconds": imported, **rounded, "total_seconds": total}


def since_process_start() -> Timing:
    """Return the timing of a command, called once everything is imported."""
    now = time.time()
    began = _process_start(now)
    return Timing(began=began, import_seconds=now - began)


def _process_start(now: float) -> float:
    """Return when this process started, in seconds since the epoch."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        uptime = float(Path("/proc/uptime").read_text().split()[0])
    except OSError:
        return now - time.process_time()  # elsewhere than on Linux: the processor time so far
    return now - uptime + int(fields[19]) / os.sysconf("SC_CLK_TCK")
