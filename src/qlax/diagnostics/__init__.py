"""What is wrong or right with learning: numbers that are too dear for every update."""

from qlax.diagnostics.core import Diagnoser

__all__ = ["Diagnoser"]
