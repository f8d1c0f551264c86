"""Whether an exported policy does what the policy does, on a thousand observations."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np

from qlax.errors import UsageError
from qlax.exporting.acting import VALUES, Acting
from qlax.exporting.samples import batches

Run = Callable[[list[np.ndarray]], list[np.ndarray]]
"""Arrays of the inputs to those of the outputs: the exported policy at work."""

TOLERANCE = 1e-4
"""By how much values may differ: this, or this share of the largest of them."""

_TIE = 1e-6
"""Values that differ by this share are equal in all digits that sums in another order keep."""


class Agreement(NamedTuple):
    """What a check came to."""

    observations: int
    """How many were tried."""
    ties: int
    """In how many of them another action of equal value was chosen."""
    largest: float
    """By how much values differed at most."""


def agreement(acting: Acting, run: Run, name: str) -> Agreement:
    """Compare an exported policy with the policy.

    Args:
        acting: The policy, whose outputs have the values of actions.
        run: What was exported, with the same inputs and outputs.
        name: What messages call it.

    Raises:
        UsageError: if they do not agree.
    """
    reference = jax.jit(acting.function)
    names = [port.name for port in acting.inputs]
    outputs = [port.name for port in acting.outputs]
    at_values = outputs.index(VALUES)
    memories = [
        names.index(one.removeprefix("next_")) for one in outputs if one.startswith("next_")
    ]
    count, ties, largest = 0, 0, 0.0
    own: list[np.ndarray] | None = None
    exported: list[np.ndarray] | None = None
    for inputs in batches(acting):
        ours, theirs = list(inputs), list(inputs)
        for place, memory, other in zip(memories, own or (), exported or (), strict=False):
            ours[place], theirs[place] = memory, other
        wanted = [np.asarray(one) for one in reference(*acting.inside(ours))]
        found = run(theirs)
        wanted = acting.outside(wanted)
        for port, right, made in zip(acting.outputs, wanted, found, strict=True):
            if made.shape != right.shape or made.dtype != port.dtype:
                raise _disagrees(
                    name,
                    f"{port.name} is {made.dtype} of shape {made.shape}, not {port.dtype} of "
                    f"shape {right.shape}",
                )
            if port.name != "action":
                largest = max(largest, _difference(name, port.name, right, made))
        values, rows = wanted[at_values], np.arange(len(wanted[0]))
        right, made = (_numbered(acting, one[0]) for one in (wanted, found))
        if ((made < 0) | (made >= values.shape[1])).any():
            raise _disagrees(name, f"it chose {found[0].min()} to {found[0].max()}")
        other = right != made
        gap = np.abs(values[rows, right] - values[rows, made])
        wrong = other & ~(gap <= _TIE * _size(values))
        if wrong.any():
            at = int(np.argmax(wrong))
            raise _disagrees(
                name, f"it chose {found[0][at]} where the policy chooses {wanted[0][at]}"
            )
        ties += int(other.sum())
        count += len(values)
        if memories:
            own, exported = wanted[-len(memories) :], found[-len(memories) :]
    return Agreement(count, ties, largest)


def _numbered(acting: Acting, actions: np.ndarray) -> np.ndarray:
    """Return actions as the agent numbers them, from zero."""
    spec = acting.policy.spec
    if spec.actions is None:
        return actions - spec.first_action
    return np.asarray([spec.actions.number_of(one) for one in actions])


def _size(values: np.ndarray) -> float:
    """Return the largest finite magnitude, at least 1."""
    finite = np.abs(values[np.isfinite(values)])
    return max(1.0, float(finite.max(initial=0.0)))


def _difference(name: str, output: str, right: np.ndarray, made: np.ndarray) -> float:
    """Return by how much numbers differ, or refuse."""
    infinite = ~np.isfinite(right)
    if (infinite != ~np.isfinite(made)).any() or (right[infinite] != made[infinite]).any():
        raise _disagrees(name, f"{output} is not finite in other places")
    with np.errstate(invalid="ignore"):
        differences = np.where(infinite, 0.0, np.abs(made - right))
    largest = float(differences.max(initial=0.0))
    if largest > TOLERANCE * _size(right):
        raise _disagrees(name, f"{output} differs by {largest:.2g}")
    return largest


def _disagrees(name: str, how: str) -> UsageError:
    return UsageError(
        f"{name} was not written: tried on observations like those of the environment, it does "
        f"not do what the policy does: {how}. Please report that. "
        "policy.predict serves the policy meanwhile."
    )
