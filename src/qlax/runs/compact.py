"""Parameters of a policy in fewer bits: what a file holds, and the parameters made of it.

`float16` keeps 11 significant bits of each number. `int8` keeps whole numbers q from −L to L of
each matrix or kernel, and a float32 for each of its outputs j, its last axis:

    w[…, j] ≈ scale[j] · q[…, j],    scale[j] = max |w[…, j]| / L,    L ≤ 127

Compressed, that is about five bits a number for L = 31. Biases stay float32, as does all that the
observation stage knows.
"""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.errors import UsageError, shown
from qlax.runs.arrays import load_arrays, save_arrays
from qlax.states import ActingParams

NUMBERS = ("float32", "float16", "int8")
"""How a file may hold the numbers of a network."""
LEVELS = 31
"""L, where nothing else is asked for."""


def save_compact(path: Path, params: ActingParams, numbers: str, levels: int = LEVELS) -> None:
    """Write parameters in one of `NUMBERS`, compressed; of `int8` with so many levels a sign."""
    network = jax.tree.map(lambda leaf: _packed(np.asarray(leaf), numbers, levels), params.network)
    save_arrays(path, params.replace(network=network), compressed=True)


def load_params(path: Path, like: ActingParams, numbers: Any) -> ActingParams:
    """Read parameters, as they are or compact.

    Args:
        path: The file.
        like: Shapes and dtypes of the parameters.
        numbers: What the policy says of the file: one of `NUMBERS`.

    Raises:
        UsageError: if it is none of them, or the file is damaged or holds something else.
    """
    if numbers not in NUMBERS:
        raise UsageError(
            f"{path.parent} keeps its numbers as {shown(numbers)}, but this version reads "
            f"{', '.join(NUMBERS)}: it is damaged, or was written by a newer qlax."
        )
    if numbers == "float32":
        plain: ActingParams = load_arrays(path, like)
        return plain
    stored: ActingParams = load_arrays(
        path,
        like.replace(network=jax.tree.map(lambda leaf: _packed_like(leaf, numbers), like.network)),
    )
    # A leaf of the first tree stands before all that the second has in its place.
    network = jax.tree.map(_unpacked, like.network, stored.network)
    return stored.replace(network=network)


def _is_scaled(leaf: Any, numbers: str) -> bool:
    """Return whether an array is kept as whole numbers with scales."""
    return numbers == "int8" and leaf.ndim > 1 and jnp.issubdtype(leaf.dtype, jnp.floating)


def _packed(leaf: np.ndarray, numbers: str, levels: int) -> Any:
    if _is_scaled(leaf, numbers):
        largest = np.abs(leaf).max(tuple(range(leaf.ndim - 1)))
        scale = (np.where(largest > 0, largest, 1.0) / levels).astype(np.float32)
        return {"levels": np.rint(leaf / scale).astype(np.int8), "scale": scale}
    is_halved = numbers == "float16" and jnp.issubdtype(leaf.dtype, jnp.floating)
    return leaf.astype(np.float16) if is_halved else leaf


def _packed_like(leaf: Any, numbers: str) -> Any:
    """Return the shapes and dtypes of what `_packed` returns."""
    if _is_scaled(leaf, numbers):
        return {
            "levels": jax.ShapeDtypeStruct(leaf.shape, jnp.int8),
            "scale": jax.ShapeDtypeStruct(leaf.shape[-1:], jnp.float32),
        }
    is_halved = numbers == "float16" and jnp.issubdtype(leaf.dtype, jnp.floating)
    return jax.ShapeDtypeStruct(leaf.shape, jnp.float16) if is_halved else leaf


def _unpacked(like: Any, stored: Any) -> jax.Array:
    if isinstance(stored, dict):
        return jnp.asarray(stored["levels"].astype(jnp.float32) * stored["scale"], like.dtype)
    return jnp.asarray(stored, like.dtype)
