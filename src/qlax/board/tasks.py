"""What needs JAX, done by a process of its own whose answers come line by line."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

from qlax.errors import UsageError

_AT_ONCE = 3
_LONGEST_LINE = 16 * 2**20
_UNEXPECTED = "The process that was to do it has ended unexpectedly."


class Tasks:
    """Starts processes, a few at a time, and ends them with whoever asked."""

    def __init__(self) -> None:
        self._running: set[asyncio.subprocess.Process] = set()
        self._starting = 0
        self._is_over = False

    def end(self) -> None:
        """End all processes; who waits for their answers has no more of them."""
        self._is_over = True
        for process in self._running:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def answers(self, task: str, **arguments: Any) -> AsyncIterator[dict[str, Any]]:
        """Yield what a task of `qlax.board.worker` answers; the last may be an `error`.

        Raises:
            UsageError: if too many are under way.
        """
        if len(self._running) + self._starting >= _AT_ONCE:
            raise UsageError(
                f"{_AT_ONCE} agents are at work already: stop one of them, or wait a moment."
            )
        self._starting += 1
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "qlax.board.worker",
                json.dumps({"task": task, **arguments}),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=_LONGEST_LINE,
                start_new_session=True,  # Ctrl-C is for the board, which ends them itself
                env={**os.environ, "PYTHONSAFEPATH": "1", "JAX_PLATFORMS": "cpu"},
            )
            self._running.add(process)
            if self._is_over:  # since a moment
                process.kill()
        finally:
            self._starting -= 1
        try:
            assert process.stdout is not None
            answer: dict[str, Any] = {}
            async for line in process.stdout:
                answer = json.loads(line)
                yield answer
            if await process.wait() != 0 and "error" not in answer:
                yield {"error": _UNEXPECTED}
        finally:
            self._running.discard(process)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
