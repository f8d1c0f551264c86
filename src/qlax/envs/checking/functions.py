"""Whether the functions of a `Dynamics` can be compiled, mapped and put in a loop."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.envs.checking.findings import Findings
from qlax.envs.core import Dynamics, Transition
from qlax.spaces import zeros
from qlax.wording import kind_and_first_line

_TRIED = 3
"""Keys with which both functions are called twice, to see whether they are pure."""


def check_functions(dynamics: Dynamics, findings: Findings) -> None:
    """Trace both functions, compare what they return with the spec, and see if they are pure."""
    key, action = jax.random.key(0), jnp.int32(0)
    begun = _traced("reset", dynamics.reset, findings, key)
    if begun is None:
        return
    if not (isinstance(begun, tuple) and len(begun) == 2):
        findings.problem(
            "reset",
            f"reset returned {_counted(begun)}, but must return two: state and observation.",
        )
        return
    state, shown = begun
    if dynamics.spec.has_mask:
        if not (isinstance(shown, tuple) and len(shown) == 2):
            findings.problem(
                "reset mask",
                "spec.has_mask is True, so the observation that reset returns must be a pair of "
                "itself and the legal actions.",
            )
            return
        shown, legal = shown
        _check_mask(dynamics, "reset", legal, findings)
    _check_observation(dynamics, "reset", shown, findings)
    moved = _traced("step", dynamics.step, findings, state, action, key)
    if moved is None:
        return
    if not isinstance(moved, Transition):
        findings.problem(
            "step", f"step returned {type(moved).__name__}, but must return a Transition."
        )
        return
    _check_state(state, moved.state, findings)
    _check_observation(dynamics, "step", moved.observation, findings)
    _check_scalar("reward", moved.reward, "float32", findings)
    _check_scalar("terminated", moved.terminated, "bool", findings)
    if dynamics.spec.has_mask or moved.legal is not None:
        _check_mask(dynamics, "step", moved.legal, findings)
    if not findings.problems:
        _check_mapped(dynamics, findings)
    if not findings.problems:
        _check_pure(dynamics, findings)


def _traced(name: str, function: Any, findings: Findings, *given: Any) -> Any:
    """Return what a function returns, as shapes; None, and a problem, if it cannot be traced."""
    try:
        return jax.eval_shape(function, *given)
    except Exception as error:
        findings.problem(
            name,
            f"{name} cannot be compiled: {kind_and_first_line(error)}. It must be a pure "
            "function of arrays, without `if` or `while` on their values.",
        )
        return None


def _check_observation(dynamics: Dynamics, name: str, shown: Any, findings: Findings) -> None:
    expected = zeros(dynamics.spec.observation)
    if _form(shown) != _form(expected):
        findings.problem(
            "observation",
            f"{name} returned observations of the form {_form(shown)}, but spec says "
            f"{dynamics.spec.observation}.",
        )
        return
    pairs = zip(jax.tree_util.tree_leaves_with_path(shown), jax.tree.leaves(expected), strict=True)
    for (path, leaf), array in pairs:
        if _type(leaf) != _type(array):
            findings.problem(
                "observation",
                f"{name} returned an observation{jax.tree_util.keystr(path)} {_type(leaf)}, but "
                f"spec says {_type(array)}.",
            )


def _check_state(begun: Any, moved: Any, findings: Findings) -> None:
    if _form(begun) != _form(moved):
        findings.problem(
            "state",
            f"reset returned a state of the form {_form(begun)} and step one of "
            f"{_form(moved)}: a loop needs them alike.",
        )
        return
    before = jax.tree_util.tree_leaves_with_path(begun)
    for (path, one), other in zip(before, jax.tree.leaves(moved), strict=True):
        if _type(one) != _type(other):
            findings.problem(
                "state",
                f"state{jax.tree_util.keystr(path)} is {_type(one)} from reset and {_type(other)} "
                "from step: a loop needs them alike, as jnp.int32(0) and jnp.float32(0) are.",
            )


def _check_scalar(name: str, given: Any, dtype: str, findings: Findings) -> None:
    leaves = jax.tree.leaves(given)
    found = _type(leaves[0]) if len(leaves) == 1 else "missing"
    if found != f"{dtype} of shape ()":
        findings.problem(name, f"step returned {name} {found}, but it must be {dtype} of shape ().")


def _check_mask(dynamics: Dynamics, name: str, legal: Any, findings: Findings) -> None:
    if not dynamics.spec.has_mask:
        findings.problem(
            "mask", f"{name} returned legal actions, but spec.has_mask is False: set it."
        )
        return
    expected = f"bool of shape ({dynamics.spec.num_actions},)"
    found = "None" if legal is None else _type(legal)
    if found != expected:
        findings.problem(
            "mask", f"{name} returned legal actions {found}, but they must be {expected}."
        )


def _check_mapped(dynamics: Dynamics, findings: Findings) -> None:
    def both(key: jax.Array) -> Any:
        state, _ = dynamics.reset(key)
        return dynamics.step(state, jnp.int32(0), key)

    try:
        jax.eval_shape(jax.vmap(both), jax.random.split(jax.random.key(0), 2))
    except Exception as error:
        findings.problem("map", f"The functions fail under jax.vmap: {kind_and_first_line(error)}.")


def _check_pure(dynamics: Dynamics, findings: Findings) -> None:
    """Call each function compiled and as it is, with the same arguments."""
    reset, step = jax.jit(dynamics.reset), jax.jit(dynamics.step)
    for seed in range(_TRIED):
        key = jax.random.key(seed)
        state, _ = reset(key)
        action = jnp.int32(seed % dynamics.spec.num_actions)
        calls = (
            ("reset", reset, dynamics.reset, (key,)),
            ("step", step, dynamics.step, (state, action, key)),
        )
        for name, compiled, function, given in calls:
            if not _close(compiled(*given), function(*given)):
                findings.problem(
                    "pure",
                    f"{name} returned other values for the same arguments: it must not read or "
                    "write anything but them; what changes belongs in the state.",
                )


def _close(one: Any, other: Any) -> bool:
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(
        np.allclose(_plain(a), _plain(b), rtol=1e-4, atol=1e-4, equal_nan=True) for a, b in pairs
    )


def _plain(leaf: Any) -> np.ndarray:
    if jnp.issubdtype(jnp.asarray(leaf).dtype, jax.dtypes.prng_key):
        return np.asarray(jax.random.key_data(leaf))
    return np.asarray(leaf)


def _form(tree: Any) -> str:
    """Return which containers hold how many arrays."""
    return str(jax.tree.structure(tree)).removeprefix("PyTreeDef(").removesuffix(")")


def _type(leaf: Any) -> str:
    """Return dtype and shape in words."""
    return f"{leaf.dtype} of shape {leaf.shape}"


def _counted(returned: Any) -> str:
    return f"{len(returned)} values" if isinstance(returned, tuple) else "one value"
