"""Everything that `qlax doctor` finds."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qlax._version import __version__
from qlax.caches import CACHES, Cache
from qlax.doctor.machine import Machine, machine
from qlax.doctor.remarks import VARIABLES, remarks_on
from qlax.doctor.software import Extra, Version, extras, versions
from qlax.doctor.speed import TOLERANCE, Pace, pace
from qlax.precision import in_32_bits
from qlax.wording import counted, first_line

_GIGABYTE = 1e9


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What there is, how fast it is, and what is odd about it."""

    versions: list[Version]
    extras: list[Extra]
    machine: Machine
    platform: str | None
    """What JAX computes on: `cpu`, `gpu` or `tpu`; None if it has nothing."""
    devices: list[str]
    """What JAX calls its devices."""
    failure: str | None
    """Why JAX has no device."""
    caches: tuple[Cache, ...]
    pace: Pace | None
    """How fast it is; None if that was not checked."""
    variables: dict[str, str]
    """Variables of the environment that matter, as they are set."""
    remarks: list[str] = field(default_factory=list)
    """What is odd, with what to do about it."""

    def lines(self) -> Iterator[tuple[str, str]]:
        """Return topics and what is said of them; nothing names the user or a folder of theirs."""
        known = {one.package: one.installed for one in self.versions}
        yield "qlax", f"{__version__}, on Python {known['python']}"
        others = (f"{name} {found}" for name, found in known.items() if name != "python")
        yield "versions", ", ".join(others)
        here = self.machine
        yield "machine", f"{here.system}, {here.processor}"
        yield "cores", _cores(here)
        yield "memory", _memory(here)
        yield (
            "computes",
            f"on {self.platform or 'nothing'}: {', '.join(self.devices) or 'no device'}",
        )
        topic = "caches"
        for cache in self.caches:
            yield topic, f"{without_home(cache.folder)}: {size_in_words(cache.size)}; {cache.holds}"
            topic = ""
        for topic, chosen in (("extras", True), ("could add", False)):
            for extra in self.extras:
                if (not extra.missing) is chosen:
                    how = "" if chosen else f": {extra.command}"
                    yield topic, f"{extra.name}: {extra.adds}{how}"
                    topic = ""
        if self.pace is not None:
            yield "speed", _pace(self.pace)
        for name, value in self.variables.items():
            yield "variable", f"{name}={without_home(value)}"
        for sentence in self.remarks:
            yield "odd", sentence
        if not self.remarks:
            yield "odd", "nothing"

    def as_plain(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON."""
        speed = self.pace
        return {
            "qlax": __version__,
            "versions": [one._asdict() for one in self.versions],
            "extras": [
                {"name": one.name, "adds": one.adds, "missing": list(one.missing)}
                for one in self.extras
            ],
            "machine": self.machine._asdict(),
            "platform": self.platform,
            "devices": self.devices,
            "failure": self.failure,
            "caches": [
                {
                    "name": one.name,
                    "folder": without_home(one.folder),
                    "bytes": one.size,
                    "free": one.free,
                    "is_writable": one.is_writable,
                }
                for one in self.caches
            ],
            "speed": None
            if speed is None
            else {
                "steps_per_second": speed.steps_per_second,
                "compile_seconds": speed.compile_seconds,
                "reference": None if speed.reference is None else speed.reference._asdict(),
                "share": speed.share,
                "is_slow": speed.is_slow,
            },
            "variables": {name: without_home(one) for name, one in self.variables.items()},
            "remarks": self.remarks,
        }


@in_32_bits
def examined(*, with_speed: bool = True) -> Diagnosis:
    """Return what there is on this machine.

    Args:
        with_speed: Whether to check how fast it is, which takes about five seconds.
    """
    here = machine()
    platform, devices, failure = _devices()
    set_here = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    found = Diagnosis(
        versions=versions(),
        extras=extras(),
        machine=here,
        platform=platform,
        devices=devices,
        failure=failure,
        caches=CACHES,
        pace=pace(here.processor) if with_speed and failure is None else None,
        variables=set_here,
    )
    found.remarks.extend(remarks_on(found, set_here))
    return found


def _devices() -> tuple[str | None, list[str], str | None]:
    import jax

    try:
        devices = jax.devices()
    except RuntimeError as error:
        return None, [], without_home(first_line(error))
    return devices[0].platform, [str(one.device_kind) for one in devices], None


def _cores(here: Machine) -> str:
    quota = "" if here.quota is None else f", the time of {here.quota:g} by the container"
    load = "" if here.load is None else f"; {here.load:g} processes want to run"
    return f"{here.usable} of {here.cores} may be used{quota}{load}"


def _memory(here: Machine) -> str:
    limit = "" if here.limit is None else f", {size_in_words(here.limit)} for the container"
    return f"{size_in_words(here.memory)}{limit}; {size_in_words(here.free)} are free"


def _pace(speed: Pace) -> str:
    reached = (
        f"{speed.steps_per_second:,.0f} steps/s with an update each (CartPole, 64 × 64, batch "
        f"128), after {counted(round(speed.compile_seconds), 'second')} of compiling"
    )
    if speed.reference is None:
        return f"{reached}; no machine like this was measured"
    return (
        f"{reached}; {speed.share:.0%} of {speed.reference.kind}, of which {TOLERANCE:.0%} would do"
    )


def size_in_words(size: float) -> str:
    """Return bytes as MB or GB."""
    return f"{size / 1e6:.0f} MB" if size < _GIGABYTE / 10 else f"{size / _GIGABYTE:.1f} GB"


def without_home(path: str | Path) -> str:
    """Return a path, or text with paths, with `~` for the user's home: its name is private."""
    text, home = str(path), str(Path("~").expanduser())
    text = text.replace(home, "~") if len(home) > 1 else text
    return text.replace(sys.prefix, "PREFIX")
