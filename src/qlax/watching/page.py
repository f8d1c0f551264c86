"""A page on this machine that shows what a window would, where there is no display.

It is served to this machine alone, takes requests only from itself, and reads no files.
"""

import base64
import html
import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any

from PIL import Image

from qlax.errors import UsageError
from qlax.watching.remote import KEYS
from qlax.watching.streaming import encoded

_HOST = "127.0.0.1"
_NAMES = (_HOST, "localhost")
_POLICY = "default-src 'none'; img-src data:; connect-src 'self'; style-src 'unsafe-inline'; "
_POLICY += "script-src 'unsafe-inline'; frame-ancestors 'none'"
_LONGEST = 100


class Page:
    """A screen of a browser; the play stands still while nobody looks."""

    def __init__(self, title: str, port: int = 0) -> None:
        """Begin to serve the page.

        Args:
            title: What it is of.
            port: On which port; 0 for any that is free.

        Raises:
            UsageError: if the port is taken.
        """
        self._changed = threading.Condition()
        self._shown = b""
        self._number = 0
        self._lookers = 0
        self._waiting: list[str] = []
        self._is_over = False
        self._title = title
        try:
            self._server = _Server((_HOST, port), _Request)
        except OSError as error:
            raise UsageError(
                f"port is {port}, but nothing can be served there: {error.strerror}."
            ) from error
        self._server.page = self
        self.address = f"http://{_HOST}:{self._server.server_port}/"
        """Where it is."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def show(self, picture: Image.Image, said: str, values: dict[str, Any]) -> None:
        """Show a picture once somebody looks."""
        image = base64.b64encode(encoded(picture, "jpeg")).decode()
        shown = {"picture": f"data:image/jpeg;base64,{image}", "said": said, "values": values}
        with self._changed:
            self._shown = json.dumps(shown).encode()
            self._number += 1
            self._changed.notify_all()

    def pressed(self) -> list[str]:
        """Return what was asked for since the last call; wait while nobody looks."""
        with self._changed:
            while not self._lookers and not self._waiting:
                self._changed.wait(0.2)  # so that Ctrl-C is heard meanwhile
            waiting, self._waiting = self._waiting, []
        return waiting

    def close(self) -> None:
        """Tell whoever looks that it is over, and serve no more."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def ask(self, what: Any) -> bool:
        """Take a request; return whether it is one."""
        if what not in KEYS.values():
            return False
        with self._changed:
            self._waiting.append(what)
            self._changed.notify_all()
        return True

    def document(self) -> bytes:
        """Return the page."""
        text = resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8")
        return text.replace("TITLE", html.escape(self._title)).encode()

    def look(self, write: Any) -> None:
        """Write one picture after another, leaving out those that whoever looks is too slow for."""
        seen = 0
        with self._changed:
            self._lookers += 1
            self._changed.notify_all()
        try:
            while True:
                with self._changed:
                    while self._number == seen and not self._is_over:
                        self._changed.wait()
                    seen, shown, over = self._number, self._shown, self._is_over
                write(b"data: " + shown + b"\n\n" if shown else b"")
                if over:
                    write(b"event: end\ndata:\n\n")
                    return
        finally:
            with self._changed:
                self._lookers -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    page: Page


class _Request(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Give the page, or the stream of pictures."""
        if not self._is_ours():
            return
        page = self.server.page
        if self.path == "/":
            self._begin("text/html; charset=utf-8", page.document())
        elif self.path == "/play":
            self._begin("text/event-stream")
            try:
                page.look(self._write)
            except OSError:  # whoever looked has gone
                return
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Take a request of whoever looks."""
        if not self._is_ours():
            return
        try:
            size = int(self.headers.get("Content-Length", ""))
            what = json.loads(self.rfile.read(size)) if 0 < size <= _LONGEST else None
        except (ValueError, RecursionError):
            what = None
        is_json = self.headers.get("Content-Type") == "application/json"
        known = self.path == "/ask" and is_json and isinstance(what, str)
        if known and self.server.page.ask(what):
            self.send_response(HTTPStatus.NO_CONTENT)
            self.end_headers()
        else:
            self.send_error(HTTPStatus.BAD_REQUEST)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _is_ours(self) -> bool:
        """Return whether a request comes from the page itself; refuse it if it does not."""
        port = self.server.server_port
        hosts = {f"{name}:{port}" for name in _NAMES}
        origin = self.headers.get("Origin")
        ours = origin is None or origin in {f"http://{host}" for host in hosts}
        if self.headers.get("Host") in hosts and ours:
            return True
        self.send_error(HTTPStatus.FORBIDDEN)
        return False

    def _begin(self, kind: str, body: bytes | None = None) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body is not None:
            self._write(body)

    def _write(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()
