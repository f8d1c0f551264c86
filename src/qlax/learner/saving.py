"""A learner on disk: `learner.json`, the arrays of its state, and its policy so far."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from qlax import config
from qlax._version import __version__
from qlax.agent import Agent
from qlax.arguments import instance_of
from qlax.envs.origin import Origin
from qlax.errors import UsageError
from qlax.policy import Policy
from qlax.runs.arrays import load_arrays, save_arrays, size_of
from qlax.runs.disk import room_for
from qlax.runs.folder import POLICY, as_text, read_json, replacing
from qlax.runs.formats import LEARNER, PLAIN, require_format
from qlax.spaces import EnvSpec

_NOTES, _STATE = "learner.json", "state.npz"


class Notes(NamedTuple):
    """What a learner is, beside arrays."""

    agent: Agent
    spec: EnvSpec
    origin: Origin
    seed: int
    planned: int | None
    iteration: int
    is_given: bool


_PLAIN: dict[str, Any] = {"seed": int, "planned": int | None, "iteration": int, "is_given": bool}
"""The types of what a file keeps as it is."""


def save(folder: Path, notes: Notes, state: Any = None, policy: Policy | None = None) -> None:
    """Write a learner as a folder, whole or not at all.

    Raises:
        UsageError: if something else is there, or the folder cannot be made.
        DiskFull: if there is no room; an older one stays then.
    """
    is_free = not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
    if not is_free and not (folder / _NOTES).is_file():
        raise UsageError(f"{folder} is there and holds no learner: give another path.")
    size = 0 if state is None else size_of(state)
    try:
        with room_for(folder, size):
            folder.parent.mkdir(parents=True, exist_ok=True)
        with replacing(folder, size) as aside:
            aside.mkdir()
            if state is not None and policy is not None:
                save_arrays(aside / _STATE, state)
                policy._write(aside / POLICY)
            (aside / _NOTES).write_text(as_text(_as_json(notes, has_state=state is not None)))
    except (PermissionError, NotADirectoryError, FileExistsError) as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}.") from error


def _as_json(notes: Notes, *, has_state: bool) -> dict[str, Any]:
    return {
        "format": LEARNER,
        "qlax": __version__,
        "agent": config.to_json(notes.agent),
        "spec": config.to_json(notes.spec),
        "origin": notes.origin.as_json(),
        **{name: getattr(notes, name) for name in _PLAIN},
        "has_state": has_state,
    }


def notes_in(folder: Path, agent: Agent | None) -> Notes:
    """Return what a folder says of a learner.

    Raises:
        UsageError: if there is none in it, or it is damaged or in another format.
    """
    if not (folder / _NOTES).is_file():
        raise UsageError(f"{folder} holds no learner: there is no {_NOTES} in it.")
    where = str(folder / _NOTES)
    document = read_json(folder / _NOTES)
    require_format(document, LEARNER, where)
    for name, kind in (*_PLAIN.items(), ("has_state", bool)):
        if not PLAIN[kind](document.get(name)):
            raise UsageError(f"{where} is damaged: it has {name} {document.get(name)!r}.")
    if agent is None:
        agent = config.part_from_json(document.get("agent"), Agent, where)
    else:
        instance_of("agent", agent, Agent, "an Agent")
    origin = document.get("origin")
    if not isinstance(origin, dict):
        raise UsageError(f"{where} is damaged: it has origin {origin!r}.")
    return Notes(
        agent,
        config.part_from_json(document.get("spec"), EnvSpec, where),
        Origin.from_json(origin, where),
        **{name: document[name] for name in _PLAIN},
    )


def state_in(folder: Path, notes: Notes, like: Any) -> Any:
    """Return the arrays of a learner, shaped as `like`; None if it had not begun.

    Raises:
        UsageError: if they are damaged, or of another agent.
    """
    if not read_json(folder / _NOTES)["has_state"]:
        return None
    state, action = load_arrays(folder / _STATE, like)
    found = np.array(action)
    choices = notes.spec.actions
    most = notes.spec.num_actions if choices is None or choices.joint else choices.width
    if not ((found >= 0) & (found < most)).all():
        raise UsageError(f"{folder / _STATE} is damaged: it has the action {found.tolist()}.")
    return state, found
