"""Files written in a thread of their own while training goes on."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, NamedTuple

from qlax.errors import DiskFull


class _Task(NamedTuple):
    """A file under way."""

    future: Future[None]
    then: Callable[[], None] | None
    without_room: Callable[[DiskFull], None] | None


class Writer:
    """Writes files one after another, in the order in which they are given.

    What goes wrong is raised by the next call of any method: a file is written once `wait` returns.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="qlax-writer")
        self._tasks: deque[_Task] = deque()

    def submit(
        self,
        write: Callable[..., Any],
        *arguments: Any,
        then: Callable[[], None] | None = None,
        without_room: Callable[[DiskFull], None] | None = None,
    ) -> None:
        """Write a file soon.

        Args:
            write: What writes it.
            arguments: What it takes; nothing else may change them from now on.
            then: Called, by a later call of any method, once the file is written.
            without_room: Called in the same way if the disk is full; None to raise that.
        """
        self.settle()
        future = self._thread.submit(write, *arguments)
        self._tasks.append(_Task(future, then, without_room))

    def settle(self) -> None:
        """Look at what has been written by now."""
        while self._tasks and self._tasks[0].future.done():
            self._finish(self._tasks.popleft())

    def wait(self) -> None:
        """Wait until everything is written."""
        while self._tasks:
            self._finish(self._tasks.popleft())

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait until everything is written; an error that is under way is the one to raise."""
        try:
            if error is None:
                self.wait()
        finally:
            self._thread.shutdown(wait=True)

    @staticmethod
    def _finish(task: _Task) -> None:
        try:
            task.future.result()
        except DiskFull as error:
            if task.without_room is None:
                raise
            task.without_room(error)
        else:
            if task.then is not None:
                task.then()
