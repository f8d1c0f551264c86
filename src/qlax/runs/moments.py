"""Policies that a run keeps while it learns: of several moments, and the best one."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qlax.errors import UsageError
from qlax.runs import folder

if TYPE_CHECKING:
    from qlax.policy import Policy

BEST, MOMENTS = "best", "moments"
CHOSEN_BY = "evaluation.json"
"""In the folder of the best policy: what it was chosen by."""


def save_moment(path: Path, policy: "Policy", env_steps: int) -> None:
    """Keep the policy that a run has after some environment steps."""
    (path / MOMENTS).mkdir(exist_ok=True)
    with folder.replacing(path / MOMENTS / f"{env_steps:012d}", synced=False) as aside:
        policy._write(aside)


def moments(path: Path) -> list[tuple[int, Path]]:
    """Return the policies that a run kept, by environment steps: [(steps, folder), …]."""
    found = (inside for inside in (path / MOMENTS).glob("*") if inside.name.isdecimal())
    return sorted((int(inside.name), inside) for inside in found)


class Best:
    """The best policy of a run by the evaluations made while it was trained.

    Of policies that are equally good it is the last.
    """

    def __init__(self, path: Path) -> None:
        self._path = path / BEST
        self._unsaved: tuple[Policy, dict[str, Any]] | None = None
        self.chosen_by: dict[str, Any] | None = None
        """`env_steps`, and `mean`, `std`, `episodes` of what it was chosen by; None without one."""

    def read(self) -> None:
        """Remember what an earlier part of the run chose, if it did."""
        try:
            found = folder.read_json(self._path / CHOSEN_BY)
        except UsageError:
            return
        if isinstance(found, dict) and isinstance(found.get("mean"), int | float):
            self.chosen_by = found

    def beats(self, mean: float) -> bool:
        """Return whether a policy of this mean return would be the best."""
        return self.chosen_by is None or mean >= self.chosen_by["mean"]

    def take(self, policy: "Policy", chosen_by: dict[str, Any]) -> None:
        """Make a policy the best, to be written next."""
        self._unsaved, self.chosen_by = (policy, chosen_by), chosen_by

    def unsaved(self) -> tuple["Policy", dict[str, Any]] | None:
        """Return what `write` is to be told; None if everything is written already."""
        told, self._unsaved = self._unsaved, None
        return told

    def write(self, policy: "Policy", chosen_by: dict[str, Any]) -> None:
        """Write the best policy, and what it was chosen by."""
        with folder.replacing(self._path, synced=False) as aside:
            policy._write(aside)
            (aside / CHOSEN_BY).write_text(folder.as_text(chosen_by))
