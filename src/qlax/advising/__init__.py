"""Advice on an environment: what to train in it and why, what that takes, and what is odd."""

from qlax.advising.advice import Advice
from qlax.advising.asking import advise
from qlax.advising.pace import Speed

__all__ = ["Advice", "Speed", "advise"]
