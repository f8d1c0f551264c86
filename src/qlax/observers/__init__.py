"""Observers of training: progress, metrics, curves, rules to stop; one file each."""

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
from qlax.observers.learning_curve import LearningCurve
from qlax.observers.metrics_file import MetricsFile
from qlax.observers.progress import Progress
from qlax.observers.stop_when_solved import StopWhenSolved

__all__ = [
    "Beginning",
    "Checkpointed",
    "DivergenceCheck",
    "Ended",
    "Evaluated",
    "LearningCurve",
    "Member",
    "MetricsFile",
    "MetricsRow",
    "Observer",
    "Progress",
    "Report",
    "StopWhenSolved",
]
