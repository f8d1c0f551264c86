"""What a part returned, compared with what its protocol asks for: shapes and kinds of numbers.

A wrong shape seldom fails by itself. It broadcasts, and something
other than what was meant is learned.
"""

from typing import Any, Literal

import jax
import jax.numpy as jnp

from qlax.errors import UsageError
from qlax.features import SparseFeatures

SAME_STATE = "a state keeps its shapes and types"
"""Why the state that a part returns must be like the one it was given."""

Kind = Literal["float", "int32", "uint32", "bool"]
"""Kinds of numbers: any floating-point ones, or exactly that type."""


def require_array(owner: str, value: Any, kind: Kind, shape: tuple[int, ...], meaning: str) -> None:
    """Raise `UsageError` unless a value is an array of a kind and a shape.

    Args:
        owner: What returned it, such as `Greedy.act`.
        value: What it returned.
        kind: The kind of numbers that would be right.
        shape: The shape that would be right.
        meaning: What that shape stands for, in words.
    """
    if not (_is_array(value) and _is_kind(value, kind) and jnp.shape(value) == shape):
        expected = f"{kind} of shape {shape}"
        raise UsageError(
            f"{owner} returned {described(value)}, but must return {expected}: {meaning}."
        )


def require_rows(owner: str, tree: Any, rows: int, meaning: str) -> None:
    """Raise `UsageError` unless every array of a tree has `rows` entries along its first axis."""
    leaves = jax.tree.leaves(tree)
    fit = [_is_array(leaf) and jnp.shape(leaf)[:1] == (rows,) for leaf in leaves]
    if not leaves or not all(fit):
        raise UsageError(
            f"{owner} returned {described(tree)}, but must return arrays whose first axis has "
            f"{rows} entries: {meaning}."
        )


def require_like(owner: str, tree: Any, like: Any, meaning: str) -> None:
    """Raise `UsageError` unless two trees have the same arrays: structure, shapes and types."""
    structure: Any = jax.tree.structure(tree)
    if structure != jax.tree.structure(like):
        raise UsageError(
            f"{owner} returned {described(tree)}, but must return {described(like)}: {meaning}."
        )
    leaves, expected = jax.tree_util.tree_leaves_with_path(tree), jax.tree.leaves(like)
    for (path, leaf), right in zip(leaves, expected, strict=True):
        if described(leaf) != described(right):
            place = f" at {jax.tree_util.keystr(path)}" if path else ""
            raise UsageError(
                f"{owner} returned {described(leaf)}{place}, but must return {described(right)} "
                f"there: {meaning}."
            )


def require_action_values(
    owner: str, values: Any, rows: int, actions: int, what: str = "value"
) -> None:
    """Raise `UsageError` unless there is a number for each action in each state."""
    meaning = f"a {what} for each of {actions} actions in each of {rows} states"
    require_array(owner, values, "float", (rows, actions), meaning)


def two_of(owner: str, answer: Any, what: str) -> tuple[Any, Any]:
    """Return both halves of an answer."""
    if not (isinstance(answer, tuple) and len(answer) == 2):
        raise UsageError(
            f"{owner} returned {described(answer)}, but must return two things: {what}."
        )
    return answer


def require_features(network: Any, features: Any, batch: int) -> None:
    """Raise `UsageError` unless a network returned features of a batch."""
    owner = f"{name_of(network)}.__call__"
    if isinstance(features, SparseFeatures):
        indices = features.indices
        active = jnp.shape(indices)[1:] if jnp.ndim(indices) == 2 else (1,)
        meaning = f"the active features of {batch} observations"
        require_array(f"{owner} (indices)", indices, "int32", (batch, *active), meaning)
        return
    if not (
        _is_array(features)
        and _is_kind(features, "float")
        and jnp.ndim(features) == 2
        and jnp.shape(features)[0] == batch
    ):
        raise UsageError(
            f"{owner} returned {described(features)}, but must return float of shape ({batch}, F): "
            f"a vector of F features for each of {batch} observations."
        )


def name_of(part: Any) -> str:
    """Return what a part is called in messages."""
    return type(part).__name__


def described(value: Any) -> str:
    """Return an array's type and shape, or those of all arrays of a tree."""
    if value is None:
        return "None"
    if _is_array(value):
        return f"{value.dtype} of shape {jnp.shape(value)}"
    leaves = jax.tree.leaves(value)
    if not leaves:
        return "no arrays"
    if leaves[0] is value:
        return f"{value!r} (not an array)"
    return f"{type(value).__name__} of {', '.join(map(described, leaves))}"


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _is_kind(value: Any, kind: Kind) -> bool:
    if kind == "float":
        return bool(jnp.issubdtype(value.dtype, jnp.floating))
    return bool(value.dtype == jnp.dtype(kind))
