"""What is odd about an installation, and what to do about it: one function for each thing."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qlax.doctor.diagnosis import Diagnosis

_GIGABYTE = 1e9
_LITTLE_MEMORY = 2 * _GIGABYTE
_LITTLE_DISK = _GIGABYTE
_LARGE_CACHE = 5 * _GIGABYTE

VARIABLES = {
    "JAX_ENABLE_X64": "qlax computes in 32 bits whatever it says; other JAX code does not",
    "JAX_DISABLE_JIT": "nothing is compiled, which is a thousand times slower: unset it",
    "JAX_PLATFORMS": "it says what JAX computes on: unset it if that is not what you want",
    "JAX_DEBUG_NANS": "every operation is looked at, which is slow: unset it but to find a NaN",
    "JAX_ENABLE_COMPILATION_CACHE": "if it is false, every run compiles anew",
    "XLA_FLAGS": "they may make programs slower or different",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "it says whether JAX takes a GPU's memory at once",
    "XLA_PYTHON_CLIENT_MEM_FRACTION": "it says how much of a GPU's memory JAX takes",
    "OMP_NUM_THREADS": "NumPy and some environments use so many threads",
    "CUDA_VISIBLE_DEVICES": "it says which GPUs are seen: if it is empty, none",
}
"""Variables of the environment that change how fast, or on what, qlax computes."""


def remarks_on(found: "Diagnosis", variables: Mapping[str, str]) -> Iterator[str]:
    """Return a sentence for everything that is odd, with what to do about it.

    Args:
        found: What was found.
        variables: Those of `VARIABLES` that are set.
    """
    for look in _LOOKS:
        yield from look(found)
    for name in variables:
        yield f"{name} is set: {VARIABLES[name]}."


def _versions(found: "Diagnosis") -> Iterator[str]:
    for one in found.versions:
        if one.installed is None:
            yield f'{one.package} is missing: pip install --upgrade "qlax".'
        elif not one.fits:
            yield (
                f"{one.package} is {one.installed}, but qlax needs {one.needed}: pip install "
                f'"{one.package}{one.needed}".'
            )
    known = {one.package: one.installed for one in found.versions}
    jax, jaxlib = known.get("jax"), known.get("jaxlib")
    if jax and jaxlib and jax.split(".")[:2] != jaxlib.split(".")[:2]:
        yield f'jax is {jax} and jaxlib {jaxlib}: pip install --upgrade "jax=={jax}".'


def _accelerators(found: "Diagnosis") -> Iterator[str]:
    if found.failure is not None:
        yield f"JAX has no device to compute on: {found.failure}."
    elif found.platform == "cpu" and found.machine.gpu:
        yield (
            'There is a GPU, but JAX computes on the processor: pip install "qlax[cuda]", which '
            "needs NVIDIA's driver."
        )


def _cores(found: "Diagnosis") -> Iterator[str]:
    machine = found.machine
    if machine.usable < machine.cores:
        yield (
            f"This process may use {machine.usable} of {machine.cores} cores: taskset or a "
            "container says so."
        )
    if machine.quota is not None and machine.quota < machine.usable:
        yield (
            f"The container gives the time of {machine.quota:g} cores, but {machine.usable} are "
            "seen: threads that wait for it make programs slower. Give it more, or fewer cores."
        )
    if machine.load is not None and machine.load > machine.cores + 1:
        yield (
            f"{machine.load:g} processes wanted to run on {machine.cores} cores: what is measured "
            "now is slower than the machine is."
        )


def _memory(found: "Diagnosis") -> Iterator[str]:
    machine = found.machine
    if machine.free < _LITTLE_MEMORY:
        yield (
            f"{machine.free / _GIGABYTE:.1f} GB of memory are free: a run needs one, and its "
            "replay on top. A smaller one is --agent.replay.capacity 20000."
        )


def _disks(found: "Diagnosis") -> Iterator[str]:
    if found.machine.here_free < _LITTLE_DISK:
        yield (
            f"{found.machine.here_free / _GIGABYTE:.1f} GB are free on the disk of this folder, "
            "which runs are written to: --out FOLDER names another."
        )
    if not found.machine.home_writable:
        yield "The home folder cannot be written to: set XDG_CACHE_HOME to a folder that can."
    for cache in found.caches:
        if not cache.is_writable:
            yield (
                f"The cache of {cache.name} cannot be written to, so it is not used: set "
                "XDG_CACHE_HOME to a folder that can."
            )
        elif cache.free is not None and cache.free < _LITTLE_DISK:
            yield (
                f"{cache.free / _GIGABYTE:.1f} GB are free on the disk of the cache of "
                f"{cache.name}: `qlax cache clear`, or set XDG_CACHE_HOME to a folder elsewhere."
            )
        if cache.size > _LARGE_CACHE:
            yield (
                f"The cache of {cache.name} has {cache.size / _GIGABYTE:.1f} GB: `qlax cache clear "
                f"{cache.name}` removes them."
            )


def _speed(found: "Diagnosis") -> Iterator[str]:
    if found.pace is None or not found.pace.is_slow:
        return
    assert found.pace.reference is not None
    assert found.pace.share is not None
    yield (
        f"It reaches {found.pace.share:.0%} of {found.pace.reference.kind}: something else is "
        "running, the processor is throttled, or one of the remarks here says why."
    )


_LOOKS: tuple[Callable[["Diagnosis"], Iterator[str]], ...] = (
    _versions,
    _accelerators,
    _cores,
    _memory,
    _disks,
    _speed,
)
