"""How programs are compiled and cached."""

import functools

import jax

from qlax.caches import PROGRAMS

Options = dict[str, bool | str | int | float]
"""Options of XLA, by name."""

_UNOPTIMISED: Options = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
}
# Fused loops written by XLA's older emitters are half the work to compile. Not every version of
# XLA has both.
_SIMPLE_LOOPS: Options = {"xla_cpu_use_fusion_emitters": False}


@functools.cache
def quickly() -> Options:
    """Return compiler options for a program that runs once: a third of the compilation time."""
    return _with_simple_loops(_UNOPTIMISED)


@functools.cache
def moderately() -> Options:
    """Return compiler options for a program that runs some times: two thirds of the time."""
    return _with_simple_loops(_UNOPTIMISED | {"xla_backend_optimization_level": 1})


def _with_simple_loops(options: Options) -> Options:
    simple = options | _SIMPLE_LOOPS
    try:
        jax.jit(lambda: 0, compiler_options=simple).lower().compile()
    except jax.errors.JaxRuntimeError:
        return options
    return simple


def keep_compiled_programs() -> None:
    """Let JAX store compiled programs in the user's cache folder, so the next run starts sooner.

    Nothing happens if the user has chosen a folder already (`JAX_COMPILATION_CACHE_DIR`) or has
    switched the cache off (`JAX_ENABLE_COMPILATION_CACHE=false`).
    """
    if jax.config.jax_compilation_cache_dir is not None:  # type: ignore[attr-defined]
        return
    jax.config.update("jax_compilation_cache_dir", str(PROGRAMS.folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
