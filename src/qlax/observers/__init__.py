"""Observers of training: progress, metrics, curves, logs, rules to stop; one file each."""

from qlax.observers.core import (
    Beginning,
    Checkpointed,
    Ended,
    Evaluated,
    Member,
    MetricsRow,
    Observer,
    Report,
)
from qlax.observers.divergence import DivergenceCheck
from qlax.observers.every_n_steps import EveryNSteps
from qlax.observers.learning_curve import LearningCurve
from qlax.observers.logs import CSV, MLflow, TensorBoard, Trackio, WandB
from qlax.observers.metrics_file import MetricsFile
from qlax.observers.on_evaluation import OnEvaluation
from qlax.observers.progress import Progress
from qlax.observers.stopping import StopWhen, StopWhenNoBetter, StopWhenSolved

__all__ = [
    "CSV",
    "Beginning",
    "Checkpointed",
    "DivergenceCheck",
    "Ended",
    "Evaluated",
    "EveryNSteps",
    "LearningCurve",
    "MLflow",
    "Member",
    "MetricsFile",
    "MetricsRow",
    "Observer",
    "OnEvaluation",
    "Progress",
    "Report",
    "StopWhen",
    "StopWhenNoBetter",
    "StopWhenSolved",
    "TensorBoard",
    "Trackio",
    "WandB",
]
