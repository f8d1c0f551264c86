"""What others say that is of no use to whoever trains, left out.

Filters of warnings and streams are the process's. One thread at a time changes them here and puts
them back: of two that did so at once, the later would put back what the earlier had changed.
"""

import contextlib
import io
import threading
import warnings
from collections.abc import Iterator

_ONE_AT_A_TIME = threading.RLock()


@contextlib.contextmanager
def warnings_ignored(message: str = "") -> Iterator[None]:
    """Leave out warnings that begin with a message, a regular expression; all by default."""
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=message)
        yield


@contextlib.contextmanager
def output_dropped() -> Iterator[None]:
    """Leave out what is printed, also as errors, where packages announce things on import."""
    nowhere = io.StringIO()
    with (
        _ONE_AT_A_TIME,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        yield
