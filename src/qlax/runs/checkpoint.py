"""Checkpoints: the whole state of a run, written beside and renamed; the newest two are kept."""

import shutil
from pathlib import Path
from typing import Any

from qlax._version import __version__
from qlax.errors import UsageError
from qlax.runs.arrays import OtherArrays, load_arrays, save_arrays, size_of
from qlax.runs.disk import CHECKPOINTS, room_for
from qlax.runs.folder import as_text, read_json, replacing
from qlax.runs.formats import CHECKPOINT, require_format

KEPT = 2
DESCRIPTION = "checkpoint.json"
_SUMS = "statistics/learning/"
"""Sums since the last row of metrics, of which a newer qlax may have more."""


def path_of(folder: Path, iteration: int) -> Path:
    """Return where the checkpoint of an iteration is."""
    return folder / CHECKPOINTS / f"iteration-{iteration:012d}"


def save_checkpoint(folder: Path, state: Any, iteration: int) -> Path:
    """Write the state after an iteration, and delete all but the newest checkpoints."""
    path = path_of(folder, iteration)
    size = size_of(state)
    with room_for(path, size):
        path.parent.mkdir(exist_ok=True)
    with replacing(path, size) as aside:
        aside.mkdir()
        save_arrays(aside / "state.npz", state)
        description = {"format": CHECKPOINT, "qlax": __version__, "iteration": iteration}
        (aside / DESCRIPTION).write_text(as_text(description))
    for old in checkpoints(folder)[:-KEPT]:
        old.rename(old.with_name(f".{old.name}.old"))  # half of one must not pass for one
    for rest in path.parent.glob(".iteration-*"):
        shutil.rmtree(rest)
    return path


def checkpoints(folder: Path) -> list[Path]:
    """Return a run's complete checkpoints, oldest first."""
    return sorted((folder / CHECKPOINTS).glob("iteration-*"))


def iteration_of(path: Path) -> int:
    """Return the iteration a checkpoint was written after.

    Raises:
        UsageError: if it is damaged, or in another format than is read here.
    """
    description = read_json(path / DESCRIPTION)
    require_format(description, CHECKPOINT, path)
    iteration = description.get("iteration")
    if not isinstance(iteration, int) or isinstance(iteration, bool) or iteration < 0:
        raise UsageError(f"{path / DESCRIPTION} is damaged: it has the iteration {iteration!r}.")
    return iteration


def load_state(path: Path, like: Any) -> Any:
    """Read the state of a checkpoint, shaped as `like`.

    Raises:
        UsageError: if it is damaged; the message names an older one, if there is any.
    """
    try:
        return load_arrays(path / "state.npz", like, later=_SUMS)
    except OtherArrays:
        raise
    except UsageError as error:
        older = [other for other in checkpoints(path.parent.parent) if other < path]
        if not older:
            raise
        raise UsageError(
            f"{error} The checkpoint before it is {older[-1]}: to go on from there, "
            f"move {path} elsewhere."
        ) from None
