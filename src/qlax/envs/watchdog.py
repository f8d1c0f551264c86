"""A limit on how long one call of an environment may take, also of one that never returns.

Nothing is waited for in another thread and nothing is copied: a call is marked when it begins and
when it ends, and a thread that looks once in a while interrupts one that is late. In the main
thread that is by a signal, which also ends sleeping and waiting for a socket; elsewhere by an
exception that Python raises with the next of its instructions. What hangs inside compiled code that
never comes back to Python cannot be ended.
"""

import ctypes
import signal
import threading
import time
import traceback
from types import FrameType
from typing import Any

USUAL_LIMIT = 300.0
"""Seconds that a step may take unless told otherwise."""


class Late(BaseException):
    """A call took too long. No `Exception`: an environment is not to catch it."""


def where_late(late: Late) -> traceback.FrameSummary:
    """Return where the call was when it was interrupted."""
    frames = traceback.extract_tb(late.__traceback__)
    return next(frame for frame in reversed(frames) if frame.filename != __file__)


class Watchdog:
    """Interrupts calls that take longer than a limit.

    Args:
        seconds: The limit; None for no limit.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._since: float | None = None
        self._thread = 0
        if seconds is not None:
            _WATCH.add(self)

    def begin(self) -> None:
        """Say that a call begins, in this thread."""
        self._thread = threading.get_ident()
        self._since = time.monotonic()

    def end(self) -> None:
        """Say that it has ended."""
        self._since = None

    def close(self) -> None:
        """Watch no longer."""
        _WATCH.discard(self)

    def late_in(self) -> int | None:
        """Return the thread in which a call is late, or None."""
        since, limit = self._since, self.seconds
        late = since is not None and limit is not None and time.monotonic() - since > limit
        return self._thread if late else None


class _Watch:
    """The thread that looks after all calls, while there are any to look after."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dogs: set[Watchdog] = set()
        self._over = threading.Event()
        self._before: Any = None

    def add(self, dog: Watchdog) -> None:
        with self._lock:
            self._dogs.add(dog)
            self._take_signal()
            if len(self._dogs) == 1:
                self._over = threading.Event()
                arguments = (self._over,)
                threading.Thread(target=self._look, args=arguments, daemon=True).start()

    def discard(self, dog: Watchdog) -> None:
        with self._lock:
            if dog not in self._dogs:
                return
            self._dogs.discard(dog)
            if not self._dogs:
                self._over.set()
                self._give_signal_back()

    def _look(self, over: threading.Event) -> None:
        while not over.wait(self._pause()):
            for dog in list(self._dogs):
                thread = dog.late_in()
                if thread is not None:
                    self._interrupt(thread)

    def _pause(self) -> float:
        limits = [dog.seconds for dog in list(self._dogs) if dog.seconds is not None]
        return min(1.0, *(limit / 4 for limit in limits)) if limits else 1.0

    def _interrupt(self, thread: int) -> None:
        is_main = thread == threading.main_thread().ident
        # An environment may have taken the signal for itself since.
        ours = self._before is not None and signal.getsignal(signal.SIGALRM) == self._answer
        if is_main and ours:
            signal.pthread_kill(thread, signal.SIGALRM)
        else:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread), ctypes.py_object(Late)
            )

    def _take_signal(self) -> None:
        """Answer the alarm signal, if nobody else does and Python lets this thread do so."""
        if (
            self._before is None
            and hasattr(signal, "SIGALRM")
            and threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
        ):
            self._before = signal.signal(signal.SIGALRM, self._answer)

    def _give_signal_back(self) -> None:
        in_main = threading.current_thread() is threading.main_thread()
        if self._before is not None and in_main:
            if signal.getsignal(signal.SIGALRM) == self._answer:
                signal.signal(signal.SIGALRM, self._before)
            self._before = None

    def _answer(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        main = threading.main_thread().ident
        if any(dog.late_in() == main for dog in list(self._dogs)):
            raise Late


_WATCH = _Watch()
