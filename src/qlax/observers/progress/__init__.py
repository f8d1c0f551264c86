"""The progress of training: a panel on a terminal, a figure in a notebook, lines in a pipe."""

from qlax.observers.progress.observer import Progress, with_progress

__all__ = ["Progress", "with_progress"]
