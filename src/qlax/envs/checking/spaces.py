"""Whether spaces are such as qlax takes, and observations such as their space says."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from qlax.actions import Grid
from qlax.envs.checking.findings import Findings
from qlax.envs.conversion import MASK, ROUNDING, remark_on_digits
from qlax.envs.description import describe_space, without_mask
from qlax.envs.images import remarks_on
from qlax.errors import UsageError
from qlax.spaces import Box


def check_spaces(env: gymnasium.Env, findings: Findings) -> bool:
    """Look at both spaces; return whether they are there at all."""
    found = True
    for name in ("action_space", "observation_space"):
        if not isinstance(getattr(env, name, None), gymnasium.Space):
            findings.problem(name, f"It has no {name}: set self.{name} when it is made.")
            found = False
    if not found:
        return False
    _check_actions(env.action_space, findings)
    try:
        described = describe_space(without_mask(env.observation_space)[0], "It")
    except UsageError as error:
        findings.problem("observation_space", str(error))
        return False
    for sentence in remarks_on(described):
        findings.note(sentence, f"{sentence[0].upper()}{sentence[1:]}.")
    return True


def _check_actions(space: Any, findings: Findings) -> None:
    """Look at the action space: what is not Discrete can be made so, or not."""
    if isinstance(space, spaces.Discrete):
        return
    try:
        choices = Grid(points=2).choices(space, "It")
    except UsageError as error:
        findings.problem("action_space", str(error))
        return
    if isinstance(space, spaces.Box):
        findings.note(
            "action_space",
            f"Its actions are continuous, {space}: give the agent a grid of them, such as "
            "actions.Grid(points=9).",
        )
    elif choices.joint:
        findings.note("action_space", f"Its {choices} are numbered as one.")
    else:
        findings.note("action_space", f"Its actions are {choices}: too many to be numbered as one.")


def check_observation(space: Any, shown: Any, findings: Findings, where: str = "") -> None:
    """Look at an observation, or the part of one that the names in `where` lead to."""
    what = f"The observation{where}"
    if isinstance(space, spaces.Dict | spaces.Tuple):
        inner: Any = space.spaces
        names = list(inner) if isinstance(space, spaces.Dict) else range(len(inner))
        kind = dict if isinstance(space, spaces.Dict) else tuple
        entries = list(shown) if isinstance(shown, dict) else range(len(shown or ()))
        if not isinstance(shown, kind) or set(entries) != set(names):
            findings.problem(
                f"observation{where}",
                f"{what} is {_short(shown)}, but its space says a {kind.__name__} of "
                f"{', '.join(map(str, names))}.",
            )
            return
        for name in names:
            if name != MASK:
                check_observation(inner[name], shown[name], findings, f"[{name!r}]")
        return
    try:
        array = np.asarray(shown)
    except ValueError:
        array = np.empty((), object)
    if array.dtype.kind not in "biuf":
        findings.problem(
            f"observation{where}", f"{what} is {_short(shown)}, which is no array of numbers."
        )
    elif array.shape != (space.shape or ()):
        findings.problem(
            f"observation{where}",
            f"{what} has the shape {array.shape}, but its space says {space.shape or ()}.",
        )
    elif not np.can_cast(array.dtype, space.dtype, "same_kind"):
        findings.problem(
            f"observation{where}",
            f"{what} is {array.dtype}, which does not fit the {space.dtype} of its space.",
        )
    elif array.dtype.kind == "f" and not np.isfinite(array).all():
        findings.problem(
            f"observation{where} not finite",
            f"{what} is not finite: {_short(array)}. Every number must be.",
        )
    else:
        _check_limits(space, array, findings, where)
        _look_at_digits(space, array, findings, where)


def _look_at_digits(space: Any, array: np.ndarray, findings: Findings, where: str) -> None:
    """Note numbers of 64 bits that are kept as float32, which rounds them."""
    if isinstance(space, spaces.Discrete) or array.dtype.itemsize <= 4:
        return
    kept = describe_space(space, "It")
    rounded = isinstance(kept, Box) and np.dtype(kept.dtype).kind == "f"
    said = remark_on_digits(array) if rounded else None
    if said is not None:
        findings.note(f"observation{where} digits", f"The observation{where} has {said}.")


def _check_limits(space: Any, array: np.ndarray, findings: Findings, where: str) -> None:
    low, high = _limits(space)
    widest = np.maximum(np.abs(low), np.abs(high))
    rounded = array.dtype.kind == "f"
    room: Any = np.where(np.isfinite(widest), widest, 0.0) * (ROUNDING if rounded else 0.0)
    outside = (array < low - room) | (array > high + room)
    if outside.any():
        value = float(array[outside].flat[0])
        lowest = float(np.broadcast_to(low, array.shape)[outside].flat[0])
        highest = float(np.broadcast_to(high, array.shape)[outside].flat[0])
        findings.problem(
            f"observation{where} limits",
            f"The observation{where} has the value {value:g}, but its space says {lowest:g} to "
            f"{highest:g}: widen the limits, or clip.",
        )


def _limits(space: Any) -> tuple[Any, Any]:
    if isinstance(space, spaces.MultiBinary):
        return 0.0, 1.0
    if isinstance(space, spaces.Box):
        return space.low.astype(np.float64), space.high.astype(np.float64)
    count = space.n if isinstance(space, spaces.Discrete) else space.nvec
    return space.start, space.start + count - 1


def _short(shown: Any) -> str:
    text = " ".join(repr(shown).split())
    return text if len(text) <= 80 else f"{text[:77]}…"
