"""Pytrees of arrays as files: a NumPy archive, never pickle."""

import zipfile
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.errors import UsageError


class OtherArrays(UsageError):  # noqa: N818
    """A file is sound, but holds other arrays than are asked for."""


def save_arrays(path: Path, tree: Any) -> None:
    """Write every leaf under its path in the tree; random keys as their bits."""
    named = jax.tree_util.tree_flatten_with_path(tree)[0]
    arrays: dict[str, Any] = {_name(place): np.asarray(_as_bits(leaf)) for place, leaf in named}
    np.savez(path, **arrays)


def size_of(tree: Any) -> int:
    """Return the bytes that the arrays of a tree take, in memory and in a file."""
    return sum(_as_bits(leaf).nbytes for leaf in jax.tree.leaves(tree))


def load_arrays(path: Path, like: Any) -> Any:
    """Read a tree of the same structure, shapes and dtypes as `like` (arrays or their shapes).

    What else the file holds is not read.

    Raises:
        UsageError: if the file is damaged, or holds something else.
    """
    places, structure = jax.tree_util.tree_flatten_with_path(like)
    try:
        # The file is opened here, since NumPy forgets to close one that it cannot read.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            wanted = {_name(place) for place, _ in places}
            stored = {name: archive[name] for name in archive.files if name in wanted}
    except FileNotFoundError:
        raise UsageError(f"{path} is not there.") from None
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, KeyError) as error:
        raise UsageError(f"{path} is damaged and cannot be read: {error}.") from None
    leaves = []
    for place, expected in places:
        name = _name(place)
        if name not in stored:
            raise OtherArrays(f"{path} is sound, but lacks {name}: it is another agent's.")
        bits = jax.eval_shape(_as_bits, expected)
        found = stored[name]
        if found.shape != bits.shape or found.dtype != bits.dtype:
            raise OtherArrays(
                f"{path} is sound, but has {name} as {found.dtype}{list(found.shape)}, and the "
                f"agent that it is read for needs {bits.dtype}{list(bits.shape)}: it is another "
                "agent's."
            )
        is_key = jnp.issubdtype(expected.dtype, jax.dtypes.prng_key)
        leaves.append(jax.random.wrap_key_data(found) if is_key else jnp.asarray(found))
    return jax.tree_util.tree_unflatten(structure, leaves)


def _name(place: Any) -> str:
    return jax.tree_util.keystr(place, simple=True, separator="/")


def _as_bits(leaf: Any) -> Any:
    if jnp.issubdtype(jnp.result_type(leaf), jax.dtypes.prng_key):
        return jax.random.key_data(leaf)
    return leaf
