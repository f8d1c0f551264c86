"""Logs of training for other tools: one file each; the table of their names is in words.py."""

from qlax.observers.logs.core import Log, LoggedRun, OpenLog
from qlax.observers.logs.csv_file import CSV
from qlax.observers.logs.mlflow import MLflow
from qlax.observers.logs.tensorboard import TensorBoard
from qlax.observers.logs.trackio import Trackio
from qlax.observers.logs.wandb import WandB
from qlax.observers.logs.words import LOGS, logs_of

__all__ = [
    "CSV",
    "LOGS",
    "Log",
    "LoggedRun",
    "MLflow",
    "OpenLog",
    "TensorBoard",
    "Trackio",
    "WandB",
    "logs_of",
]
