"""Runs read back from their folders, for lists, curves, comparisons and pages.

A run may be unfinished or under way. What is damaged is named, and never keeps the others from
being read.
"""

import functools
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from qlax.errors import UsageError
from qlax.runs import folder as files
from qlax.runs.disk import CHECKPOINTS, CONFIG
from qlax.runs.folder import read_config
from qlax.runs.lock import is_locked
from qlax.runs.moments import BEST, MOMENTS, moments

if TYPE_CHECKING:
    import numpy as np

OF_A_RUN = frozenset({CHECKPOINTS, files.POLICY, files.START, BEST, MOMENTS})
"""Folders of a run: there are no others inside."""
Status = Literal["running", "finished", "failed", "unfinished"]


@dataclass(frozen=True)
class SavedRun:
    """The run of one seed, as its folder has it."""

    folder: Path
    """Where it is."""
    config: dict[str, Any]
    """What `config.json` holds."""

    @property
    def env(self) -> str:
        """Gymnasium's id of the environment, or the name of the user's own."""
        spec = self.config.get("spec")
        named = spec.get("id") if isinstance(spec, dict) else None
        given = self.config.get("env")
        own = given.get("custom") if isinstance(given, dict) else given
        return str(own or named)

    @property
    def agent(self) -> str:
        """The agent's name."""
        return str(self.config["agent_name"])

    @property
    def seed(self) -> int:
        """The seed of everything random."""
        return int(self.config["seed"])

    @property
    def steps(self) -> int:
        """Environment steps planned."""
        return int(self.config["steps"])

    @property
    def began(self) -> float:
        """When the run was begun, in seconds since 1970."""
        return (self.folder / CONFIG).stat().st_mtime

    @property
    def status(self) -> Status:
        """Whether it is under way, finished, or ended by a failure or an interruption."""
        if is_locked(self.folder):
            return "running"
        if self.result is not None:
            return "finished"
        if is_locked(self.folder.parent):  # several seeds have one lock
            return "running"
        return "unfinished" if self.failure is None else "failed"

    @functools.cached_property
    def result(self) -> dict[str, Any] | None:
        """What `result.json` holds; None if training has not ended."""
        return self._document(files.RESULT)

    @functools.cached_property
    def failure(self) -> dict[str, Any] | None:
        """What `failure.json` holds: `kind`, `message` and `traceback` of what ended training."""
        return self._document(files.FAILURE)

    @functools.cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of `metrics.jsonl`; a line cut off by a crash is left out.

        Raises:
            UsageError: if they are in another format than is read here.
        """
        return files.read_metrics(self.folder)

    @functools.cached_property
    def last_rows(self) -> list[dict[str, Any]]:
        """The newest rows of `metrics.jsonl`, in their order, read without the others."""
        return files.last_metrics(self.folder)

    @property
    def env_steps(self) -> int:
        """Environment steps done, as far as they were told."""
        newest = self.last_rows[-1] if self.result is None and self.last_rows else {}
        steps = (self.result or newest).get("env_steps", 0)
        return steps if isinstance(steps, int) else 0

    @property
    def evaluation(self) -> dict[str, Any] | None:
        """The final evaluation, as `Evaluation.as_json` has it; None if there is none."""
        found = (self.result or {}).get("eval")
        has_numbers = isinstance(found, dict) and all(
            isinstance(found.get(name), int | float) for name in ("mean", "std")
        )
        return found if has_numbers else None

    def column(self, name: str) -> "np.ndarray":
        """Return a metric, float64 with an entry for each row; NaN where a row has none."""
        import numpy as np  # lists of runs need none of it

        values = [row.get(name) for row in self.rows]
        return np.asarray([math.nan if value is None else value for value in values], np.float64)

    @property
    def moments(self) -> list[tuple[int, Path]]:
        """Policies kept while it was trained: environment steps, and the folder of each."""
        return moments(self.folder)

    def _document(self, name: str) -> dict[str, Any] | None:
        """Return what a JSON file of the run holds, None if it is not there or damaged."""
        try:
            document = files.read_json(self.folder / name)
        except UsageError:
            return None
        return document if isinstance(document, dict) else None


class Unreadable(NamedTuple):
    """A folder that looks like a run but cannot be read."""

    folder: Path
    """Where it is."""
    why: str
    """A sentence."""


def read_run(folder: Path) -> SavedRun:
    """Read the run of one seed.

    Raises:
        UsageError: if there is none, or its configuration is damaged or in another format.
    """
    document = read_config(folder)
    kinds = {"agent_name": str, "seed": int, "steps": int, "agent": dict}
    for name, kind in kinds.items():
        if not isinstance(document.get(name), kind):
            raise UsageError(f"{folder / CONFIG} is damaged: it has {name} {document.get(name)!r}.")
    return SavedRun(folder, document)


def runs_in(paths: Iterable[str | Path]) -> tuple[list[SavedRun], list[Unreadable]]:
    """Return all runs in some folders and those below them, newest first, each once.

    Raises:
        UsageError: if a folder is not there, or holds nothing that looks like a run.
    """
    found: dict[Path, SavedRun] = {}
    damaged: dict[Path, Unreadable] = {}
    for given in paths:
        path = Path(given).expanduser()
        if not path.exists():
            raise UsageError(f"{path} is not there.")
        whole = path.resolve()
        is_known = False
        for here in _folders_with_a_configuration(path):
            key = whole / here.relative_to(path)
            if key in found or key in damaged:
                is_known = True
                continue
            try:
                found[key] = read_run(here)
            except UsageError as error:
                if is_of_seeds(here):
                    continue
                damaged[key] = Unreadable(here, str(error))
            is_known = True
        if not is_known:
            raise UsageError(f"{path} holds no runs: there is no {CONFIG} in it or below it.")
    newest_first = sorted(found.values(), key=lambda run: run.began, reverse=True)
    return newest_first, list(damaged.values())


def _folders_with_a_configuration(path: Path) -> Iterator[Path]:
    """Return the folders below a path, and itself, that hold a `config.json`, in their order."""
    for root, folders, names in os.walk(path):
        if CONFIG in names:
            yield Path(root)
            folders[:] = [name for name in folders if name not in OF_A_RUN]
        folders.sort()


def is_of_seeds(folder: Path) -> bool:
    """Return whether a folder is that of several seeds, which has a configuration of its own."""
    try:
        return "seeds" in read_config(folder)
    except UsageError:
        return False
