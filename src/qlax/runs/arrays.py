"""Pytrees of arrays as files: a NumPy archive, never pickle."""

import zipfile
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.errors import UsageError
from qlax.wording import kind_and_first_line


class OtherArrays(UsageError):  # noqa: N818
    """A file is sound, but holds other arrays than are asked for."""


def save_arrays(path: Path, tree: Any, *, compressed: bool = False) -> None:
    """Write every leaf under its path in the tree; random keys as their bits.

    Args:
        path: The file.
        tree: The arrays.
        compressed: Whether the file is made as small as it goes, which takes longer.
    """
    named = jax.tree_util.tree_flatten_with_path(tree)[0]
    arrays: dict[str, Any] = {_name(place): np.asarray(_as_bits(leaf)) for place, leaf in named}
    if not compressed:
        np.savez(path, **arrays)
        return
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def held(tree: Any) -> Any:
    """Return a tree as `save_arrays` would write it now, whatever becomes of its arrays."""
    return jax.tree.map(lambda leaf: np.array(_as_bits(leaf)), tree)


def size_of(tree: Any) -> int:
    """Return the bytes that the arrays of a tree take, in memory and in a file."""
    return sum(_as_bits(leaf).nbytes for leaf in jax.tree.leaves(tree))


def load_arrays(path: Path, like: Any, *, later: str | None = None) -> Any:
    """Read a tree of the same structure, shapes and dtypes as `like` (arrays or their shapes).

    What else the file holds is not read.

    Args:
        path: The file.
        like: What it holds.
        later: The path of a branch whose leaves an older file may lack; they are NaN then.

    Raises:
        UsageError: if the file is damaged, or holds something else.
    """
    places, structure = jax.tree_util.tree_flatten_with_path(like)
    wanted = {_name(place): expected for place, expected in places}
    bits = {name: jax.eval_shape(_as_bits, expected) for name, expected in wanted.items()}
    try:
        with zipfile.ZipFile(path) as archive:
            held = {name.removesuffix(".npy") for name in archive.NameToInfo}
            stored = {
                name: np.full(expected.shape, np.nan, expected.dtype)
                if later is not None and name.startswith(later) and name not in held
                else _read(archive, name, expected, path)
                for name, expected in bits.items()
            }
    except FileNotFoundError:
        raise UsageError(f"{path} is not there.") from None
    except UsageError:
        raise
    except Exception as error:  # of bytes that anything may have happened to
        raise UsageError(
            f"{path} is damaged and cannot be read: {kind_and_first_line(error)}."
        ) from None
    leaves = []
    for name, expected in wanted.items():
        is_key = jnp.issubdtype(expected.dtype, jax.dtypes.prng_key)
        found = stored[name]
        leaves.append(
            jax.random.wrap_key_data(jnp.asarray(found)) if is_key else jnp.asarray(found)
        )
    return jax.tree_util.tree_unflatten(structure, leaves)


def _read(archive: zipfile.ZipFile, name: str, expected: Any, path: Path) -> np.ndarray:
    """Return an array of an archive, whose head is looked at before it takes any memory."""
    if f"{name}.npy" not in archive.NameToInfo:
        raise OtherArrays(f"{path} is sound, but lacks {name}: it is another agent's.")
    with archive.open(f"{name}.npy") as file:
        version = np.lib.format.read_magic(file)
        heads = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        shape, _, dtype = heads[version](file)
    if shape != expected.shape or dtype != expected.dtype:
        raise OtherArrays(
            f"{path} is sound, but has {name} as {dtype}{list(shape)}, and the agent that it is "
            f"read for needs {expected.dtype}{list(expected.shape)}: it is another agent's."
        )
    with archive.open(f"{name}.npy") as file:
        array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
    return array


def _name(place: Any) -> str:
    return jax.tree_util.keystr(place, simple=True, separator="/")


def _as_bits(leaf: Any) -> Any:
    if jnp.issubdtype(jnp.result_type(leaf), jax.dtypes.prng_key):
        return jax.random.key_data(leaf)
    return leaf
