"""Warnings that point at the user's own line, wherever in qlax they arise."""

import sys
import warnings

_INSIDE = ("qlax", "jax", "contextlib", "functools", "threading")


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn as of the line of the user's code that called qlax; where none did, of the caller's."""
    frame, level = sys._getframe(1), 2
    while frame.f_globals.get("__name__", "").partition(".")[0] in _INSIDE:
        if frame.f_back is None:  # a thread of qlax
            level = 2
            break
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
