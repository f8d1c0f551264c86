"""The newest policy of a run, also while it is trained."""

from pathlib import Path

from qlax.errors import UsageError
from qlax.loading import load
from qlax.policy import DESCRIPTION, Policy
from qlax.runs import checkpoint
from qlax.runs.folder import POLICY
from qlax.runs.moments import moments
from qlax.silence import warnings_ignored


class Newest:
    """Gives a run's newest policy whenever it is asked; it is read again if there is a newer.

    While a run is trained, that is the policy of its newest checkpoint or moment.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._from: Path | None = None
        self._policy: Policy | None = None
        self._was_unfinished = False

    @property
    def is_changing(self) -> bool:
        """Whether a newer one may come."""
        return self._from is not None and self._from.name != POLICY

    def said(self) -> str | None:
        """Return how far training was for the one that was read last; None if it had ended before.

        Before it is called, the policy is asked for.
        """
        self._was_unfinished |= self.is_changing
        if not self._was_unfinished or self._policy is None or self._from is None:
            return None
        if not self.is_changing:
            return "training has ended"
        if self._from.name.isdecimal():
            return f"after {int(self._from.name):,} steps of training"
        try:
            taken = checkpoint.iteration_of(self._from) * self._policy.agent.num_envs
        except UsageError:  # it was replaced by a newer one
            return "while it is trained"
        return f"after {taken:,} steps of training"

    def __call__(self) -> Policy:
        """Return it.

        Raises:
            UsageError: if there is none yet, or it cannot be read.
        """
        newest = self._newest()
        if self._policy is not None and newest == self._from:
            return self._policy
        try:
            if self._policy is None:
                self._policy = _loaded(self._folder, newest)
            else:
                with warnings_ignored():  # that the run is unfinished was said
                    self._policy = _loaded(self._folder, newest)
        except UsageError:
            if self._policy is None:
                raise
            return self._policy  # what was being read has been replaced: the next is near
        self._from = newest
        return self._policy

    def _newest(self) -> Path | None:
        """Return the newest folder that has a policy or a checkpoint; None if there is none."""
        own = self._folder / POLICY
        if (own / DESCRIPTION).is_file():
            return own
        found = [path for _, path in moments(self._folder)]
        found += checkpoint.checkpoints(self._folder)
        return max(found, key=_written, default=None)


def _loaded(folder: Path, newest: Path | None) -> Policy:
    is_moment = newest is not None and (newest / DESCRIPTION).is_file()
    return load(newest if newest is not None and is_moment else folder)


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # it was deleted since it was listed
        return 0.0
