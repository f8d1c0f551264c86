"""Logs by their names."""

from qlax.errors import UsageError, nearest
from qlax.observers.core import Observer
from qlax.observers.logs.core import Log
from qlax.observers.logs.csv_file import CSV
from qlax.observers.logs.mlflow import MLflow
from qlax.observers.logs.tensorboard import TensorBoard
from qlax.observers.logs.trackio import Trackio
from qlax.observers.logs.wandb import WandB

LOGS: dict[str, type[Log]] = {
    kind.service: kind for kind in (TensorBoard, WandB, Trackio, MLflow, CSV)
}
"""Every kind of log by its name; what it needs is the extra of that name."""


def logs_of(words: str) -> list[Observer]:
    """Return logs by their names, with commas between: `tensorboard,csv`.

    Raises:
        UsageError: if there is no log of a name, or what it needs is not installed.
    """
    names = dict.fromkeys(name.strip() for name in words.split(","))
    for name in names:
        if name not in LOGS:
            known = f"must be one or more of {', '.join(LOGS)}, with commas between"
            raise UsageError(f"log is {words!r}, but {known}.{_hint(name)}")
    return [LOGS[name]() for name in names]


def _hint(name: str) -> str:
    """Return which name may have been meant, if one is close."""
    found = nearest(name, LOGS, "")
    return f" {found}" if found else ""
