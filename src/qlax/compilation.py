"""Keeping compiled programs from one run to the next."""

import os
from pathlib import Path

import jax

COMPILED_QUICKLY: dict[str, bool | str | int | float] = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
}
"""Compiler options for what runs once: half the time to compile, several times that to run."""


def keep_compiled_programs() -> None:
    """Let JAX store compiled programs in the user's cache folder, so the next run starts sooner.

    Nothing happens if the user has chosen a folder already (`JAX_COMPILATION_CACHE_DIR`) or has
    switched the cache off (`JAX_ENABLE_COMPILATION_CACHE=false`).
    """
    if jax.config.jax_compilation_cache_dir is not None:  # type: ignore[attr-defined]
        return
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    jax.config.update("jax_compilation_cache_dir", str(Path(home) / "qlax" / "programs"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
