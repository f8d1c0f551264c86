"""What the board answers: its page, the list of runs, and everything about each."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from qlax.board.catalog import Catalog
from qlax.board.curves import AXES, POINTS, curves
from qlax.board.details import details, policy_folder, value_folders
from qlax.board.guard import Guard, refused, told
from qlax.board.settings import side_by_side
from qlax.board.tasks import Tasks
from qlax.errors import UsageError
from qlax.runs.saved import SavedRun

_STATIC = Path(__file__).parent / "static"
_MOST_RUNS = 200
"""Runs that can be compared at once."""
_TICK = 1.0
"""Seconds between two looks at the folder, while a page is open."""
_SIGN_OF_LIFE = 15.0
_PATIENCE = 0.2
"""Seconds after which it is noticed that the board is to end."""


class Board:
    """The answers, as an ASGI application."""

    def __init__(
        self,
        root: Path,
        names: set[str],
        *,
        any_address: bool = False,
        tick: float = _TICK,
    ) -> None:
        """Answer for a folder.

        Args:
            root: The folder of the runs.
            names: What this machine may be called by who asks.
            any_address: Whether it may also be called by any address in numbers.
            tick: Seconds between two looks at the folder.
        """
        self.catalog = Catalog(root)
        self._shown_root = root
        self._tasks = Tasks()
        self._tick = tick
        self._is_closing = False
        routes = [
            Route("/", self._page),
            Route("/static/{name}", self._static),
            Route("/api/runs", self._list),
            Route("/api/events", self._events),
            Route("/api/settings", self._settings),
            Route("/api/runs/{id}", self._details),
            Route("/api/runs/{id}/curves", self._curves),
            Route("/api/runs/{id}/play", self._play),
            Route("/api/runs/{id}/values", self._values),
        ]
        handlers = {HTTPException: _not_there, UsageError: _cannot, Exception: _failed}
        app = Starlette(routes=routes, exception_handlers=handlers)
        self.app = Guard(app, names, any_address)

    def end(self) -> None:
        """End what lasts: agents at play, and pages that follow."""
        self._is_closing = True
        self._tasks.end()

    def _page(self, request: Request) -> Response:  # noqa: ARG002
        return _file("index.html")

    def _static(self, request: Request) -> Response:
        return _file(request.path_params["name"])

    def _list(self, request: Request) -> Response:  # noqa: ARG002
        changes = self.catalog.since()
        return told(
            {
                "folder": str(self._shown_root),
                "epoch": self.catalog.epoch,
                "revision": changes.revision,
                "runs": changes.changed,
                "damaged": changes.damaged,
            }
        )

    def _details(self, request: Request) -> Response:
        run, entry = self._run_of(request)
        inside = run.folder.relative_to(self.catalog.root)
        return told(entry | details(run) | {"folder": str(self._shown_root / inside)})

    def _curves(self, request: Request) -> Response:
        _, entry = self._run_of(request)
        axis = request.query_params.get("x", AXES[0])
        if axis not in AXES:
            raise UsageError(f"x is {axis!r}, but must be one of {', '.join(AXES)}.")
        points = _whole(request, "points", POINTS, least=8, most=20_000)
        after = request.query_params.get("after")
        history = self.catalog.history(entry["id"])
        if history is None:
            raise HTTPException(404)
        only = frozenset(request.query_params.get("only", "").split(",")) - {""}
        return told(curves(history, axis, points, _after(after), only))

    def _settings(self, request: Request) -> Response:
        ids = [name for name in request.query_params.get("runs", "").split(",") if name]
        if not 1 <= len(ids) <= _MOST_RUNS:
            raise UsageError(f"runs holds {len(ids)} ids, but must hold 1 to {_MOST_RUNS}.")
        found = {name: run for name in ids if (run := self.catalog.run(name)) is not None}
        if not found:
            raise HTTPException(404)
        settings = side_by_side([run.config for run in found.values()])
        return told({"runs": list(found), "settings": [setting._asdict() for setting in settings]})

    async def _events(self, request: Request) -> Response:
        """Answer with what changes, as it changes."""
        given = request.headers.get("last-event-id") or request.query_params.get("since", "")
        epoch, _, revision = given.partition(":")
        is_ours = epoch == self.catalog.epoch and revision.isdecimal() and len(revision) <= 12
        known = int(revision) if is_ours else -1
        return _stream(self._changes(known))

    async def _changes(self, revision: int) -> AsyncIterator[str]:
        damaged: Any = None
        quiet = 0.0
        yield "retry: 2000\n\n"
        while not self._is_closing:
            changes = await run_in_threadpool(self.catalog.since, revision)
            revision, quiet = changes.revision, quiet + self._tick
            if changes.changed or changes.gone or damaged not in (None, changes.damaged):
                event = changes._asdict() | {"epoch": self.catalog.epoch}
                yield _event("runs", event, f"{self.catalog.epoch}:{revision}")
                quiet = 0.0
            elif quiet >= _SIGN_OF_LIFE:
                yield ": still here\n\n"
                quiet = 0.0
            damaged = changes.damaged
            await self._rest()

    async def _rest(self) -> None:
        """Wait until the next look, or until the end."""
        until = time.monotonic() + self._tick
        while not self._is_closing and (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, _PATIENCE))

    async def _play(self, request: Request) -> Response:
        """Answer with an agent's play, frame by frame."""
        run, _ = await run_in_threadpool(self._run_of, request)
        seed = _whole(request, "seed", 2_000_000, least=0, most=2**31 - 1)
        fps = _whole(request, "fps", 20, least=1, most=60)
        folder = policy_folder(run, request.query_params.get("policy", "last"))
        return _stream(
            self._answers("frame", "play", folder=str(folder), seed=seed, fps=fps, width=480)
        )

    async def _values(self, request: Request) -> Response:
        """Answer with the value picture of each moment of a run, one after another."""
        run, _ = await run_in_threadpool(self._run_of, request)
        steps = [
            int(text)
            for text in request.query_params.get("steps", "").split(",")
            if text.isdecimal()
        ]
        folders = value_folders(run, steps)
        return _stream(
            self._answers("values", "values", folders=[str(folder) for folder in folders], size=60)
        )

    async def _answers(self, kind: str, task: str, **arguments: Any) -> AsyncIterator[str]:
        """Yield a task's answers as events; an event `done` says that there are no more."""
        try:
            async for answer in self._tasks.answers(task, **arguments):
                if self._is_closing:
                    return
                yield _event("problem" if "error" in answer else kind, answer)
        except UsageError as error:
            yield _event("problem", {"error": str(error)})
        yield _event("done", {})

    def _run_of(self, request: Request) -> tuple[SavedRun, dict[str, Any]]:
        """Return the run that a request names by its id, and its entry in the list."""
        name = request.path_params["id"]
        entry, run = self.catalog.entry(name), self.catalog.run(name)
        if entry is None or run is None:
            raise HTTPException(404)
        return run, entry


def _file(name: str) -> Response:
    """Return a file of the page; which there are is known, so no path leads elsewhere."""
    if name not in {path.name for path in _STATIC.iterdir()}:
        raise HTTPException(404)
    return FileResponse(_STATIC / name, headers={"cache-control": "no-cache"})


def _stream(events: AsyncIterator[str]) -> Response:
    return StreamingResponse(events, media_type="text/event-stream")


def _event(kind: str, data: dict[str, Any], identity: str | None = None) -> str:
    """Return a server-sent event."""
    numbered = "" if identity is None else f"id: {identity}\n"
    return f"{numbered}event: {kind}\ndata: {json.dumps(data, allow_nan=False)}\n\n"


def _whole(request: Request, name: str, usual: int, *, least: int, most: int) -> int:
    """Return a whole number that a request gives."""
    text = request.query_params.get(name, str(usual))
    if not (text.isdecimal() and len(text) <= 12 and least <= int(text) <= most):
        raise UsageError(
            f"{name} is {text!r}, but must be a whole number from {least} to {most:,}."
        )
    return int(text)


def _after(text: str | None) -> tuple[int, int] | None:
    """Return the generation and the rows that a page has."""
    generation, _, rows = (text or "").partition(":")
    known = generation.isdecimal() and rows.isdecimal() and len(generation + rows) <= 30
    return (int(generation), int(rows)) if known else None


def _not_there(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """Answer to what is not there, or is asked in a way that it is not for."""
    code = error.status_code if isinstance(error, HTTPException) else 404
    return refused("There is nothing of that name.", code)


def _cannot(request: Request, error: Exception) -> Response:  # noqa: ARG001
    return refused(str(error), 400)


def _failed(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """Answer to what should not happen; the terminal shows what did."""
    return refused("The board failed at this; its terminal says how.", 500)
