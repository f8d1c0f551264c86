"""What ended a run, as a file in its folder."""

import contextlib
import traceback

from qlax.errors import Interrupted
from qlax.observers.core import Beginning, Ended, Observer
from qlax.runs import folder


class FailureFile(Observer):
    """Writes `failure.json` in each seed's folder when training fails; going on removes it."""

    def __init__(self) -> None:
        self._began = False

    def begin(self, event: Beginning) -> None:
        """Remember whose runs they are."""
        self._members = event.members
        self._began = False

    def advance(self, env_steps: int) -> None:
        """Remove what an earlier failure left."""
        self._env_steps = env_steps
        if not self._began:
            self._began = True
            for member in self._members:
                (member.folder / folder.FAILURE).unlink(missing_ok=True)

    def end(self, event: Ended) -> None:
        """Forget a run that is finished."""
        self._members = tuple(member for member in self._members if member != event.member)

    def failure(self, error: BaseException) -> None:
        """Write what happened; an interruption is no failure."""
        if isinstance(error, KeyboardInterrupt | Interrupted) or not self._began:
            return
        document = {
            "kind": type(error).__name__,
            "message": str(error),
            "env_steps": self._env_steps,
            "traceback": "".join(traceback.format_exception(error)),
        }
        for member in self._members:
            if member.folder.is_dir():
                with contextlib.suppress(OSError):  # a full disk, which may be what ended it
                    folder.write_json(member.folder / folder.FAILURE, document)
