"""The logs that a run has already, to go on with."""

from collections.abc import Sequence
from pathlib import Path

from qlax.errors import UsageError
from qlax.observers.core import Observer
from qlax.observers.logs.core import Log
from qlax.observers.logs.words import LOGS
from qlax.warning import warn


def logs_of_run(run_folder: Path, given: Sequence[Observer] = ()) -> list[Observer]:
    """Return the logs that a run has, ready to go on, but for those of a kind that is given.

    One that cannot go on, such as for want of its package, is left out with a warning.

    Args:
        run_folder: The folder of a seed.
        given: The observers that there are.
    """
    logs: list[Observer] = []
    for kind in LOGS.values():
        if not kind.is_in(run_folder) or any(type(one) is kind for one in given):
            continue
        try:
            logs.append(_going_on(kind, run_folder))
        except UsageError as error:
            warn(f"The run's log {kind.service} does not go on: {error}")
    return logs


def _going_on(kind: type[Log], run_folder: Path) -> Log:
    """Return a log with the settings that it was begun with."""
    return kind(**kind.settings_in(run_folder))
