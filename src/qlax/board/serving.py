"""The board as a process: its address, its start, and its end by Ctrl-C."""

import contextlib
import errno
import signal
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from qlax.board.application import Board
from qlax.board.guard import LOOPBACK, names_of
from qlax.errors import UsageError

USUAL_PORT = 7529
_TRIES = 20


class _Server(uvicorn.Server):
    """Uvicorn, which ends without raising what ended it, and says when it is ready."""

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], ends: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._ready, self._ends = ready, ends

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end."""
        super().handle_exit(sig, frame)
        self._ends()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on Ctrl-C or a polite kill; the second time at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            number: signal.signal(number, self.handle_exit)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, and say so."""
        await super().startup(sockets)
        self._ready()


def serve(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    opens: bool = False,
    says: Callable[[str, bool], Any] | None = None,
) -> None:
    """Answer until Ctrl-C.

    Args:
        folder: The folder of the runs.
        host: The address to listen at.
        port: The port; None for the usual one, or the next that is free.
        opens: Whether to open the page in a browser.
        says: Told the page's address, and whether the usual port was taken, once it is there.

    Raises:
        UsageError: if there is no such address, or the port is taken.
    """
    listening = listener(host, port)
    with listening:
        found = listening.getsockname()[1]
        shown = "localhost" if host in LOOPBACK or host in ("0.0.0.0", "::") else host
        address = f"http://[{shown}]:{found}" if ":" in shown else f"http://{shown}:{found}"

        def ready() -> None:
            if says is not None:
                says(address, port is None and found != USUAL_PORT)
            if opens:
                threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

        board = Board(
            folder,
            names_of(host),
            any_address=host not in LOOPBACK,
        )
        config = uvicorn.Config(
            board.app,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            loop="asyncio",
            http="h11",
            timeout_graceful_shutdown=2,
        )
        _Server(config, ready, board.end).run(sockets=[listening])


def listener(host: str, port: int | None) -> socket.socket:
    """Return a socket that listens at an address.

    Raises:
        UsageError: if there is no such address, or the port is taken.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port or 0, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise UsageError(f"host is {host!r}, but must be an address of this machine.") from None
    for number in range(USUAL_PORT, USUAL_PORT + _TRIES) if port is None else (port,):
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((address[0], number, *address[2:]))
            listening.listen(100)
        except OSError as error:
            listening.close()
            if error.errno == errno.EADDRNOTAVAIL:
                raise UsageError(
                    f"host is {host!r}, but must be an address of this machine."
                ) from None
            if error.errno == errno.EACCES:
                raise UsageError(
                    f"port is {number}, but must be one that you may listen at, from 1024 on."
                ) from None
            if port is not None:
                raise UsageError(
                    f"port is {port}, but something listens there already: give another, or none "
                    "for the next that is free."
                ) from None
        else:
            return listening
    raise UsageError(
        f"The ports {USUAL_PORT} to {USUAL_PORT + _TRIES - 1} are all taken: give another port."
    )
