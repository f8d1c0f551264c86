"""Tuning: a search for an agent's best settings, and whether they beat the default."""

from qlax.tuning.core import tune
from qlax.tuning.outcome import Tuned
from qlax.tuning.ranges import Choice, Int, Log, LogInt, Range, Uniform

__all__ = ["Choice", "Int", "Log", "LogInt", "Range", "Tuned", "Uniform", "tune"]
