"""Who may read the board: only this machine's browser, and in it only the board's own page.

A page from elsewhere can make a browser ask any address of this machine, also under a name of its
own (DNS rebinding). So the name in `Host` must be one of this machine's, and the page that asks
must be of the same origin.
"""

import ipaddress
import json
import re
import socket
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST, _PORT = re.compile(r"[\w.-]+(:\d+)?|\[[\da-fA-F:.]+\](:\d+)?"), re.compile(r":\d+$")
_POLICY = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Guard:
    """Refuses what is not asked by the board's own page, and forbids the page everything else."""

    def __init__(self, app: ASGIApp, names: Iterable[str], any_address: bool) -> None:
        self._app = app
        self._names = {name.lower() for name in names}
        self._any_address = any_address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _POLICY.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        is_file = not scope["path"].startswith("/api/")  # what is computed has no head alone
        if scope["method"] != "GET" and not (scope["method"] == "HEAD" and is_file):
            return refused("The board can only be read.", 405, {"allow": "GET, HEAD"})
        if len(headers.getlist("host")) != 1 or not self._is_ours(headers["host"]):
            return refused("The board is not called by that name.", 421)
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != headers["host"].lower():
            return refused("Only the board's own page may ask.", 403)
        site = headers.get("sec-fetch-site", "none")
        opened = headers.get("sec-fetch-mode") == "navigate" and scope["path"] == "/"
        if site not in ("same-origin", "none") and not opened:
            return refused("Only the board's own page may ask.", 403)
        return None

    def _is_ours(self, host: str) -> bool:
        """Return whether a `Host` names this machine, whatever its port: it may be forwarded."""
        if not _HOST.fullmatch(host):
            return False
        name = host.lower().rpartition(":")[0] if _PORT.search(host) else host.lower()
        name = name.strip("[]")
        return name in self._names or (self._any_address and _is_address(name))


def refused(sentence: str, code: int, headers: dict[str, str] | None = None) -> Response:
    """Return the answer to what cannot be answered."""
    return told({"error": sentence}, code, headers)


def told(document: Any, code: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return an answer in JSON; in ASCII, as names of files may hold what no other code can."""
    text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    return Response(text, code, headers, media_type="application/json")


def names_of(host: str) -> set[str]:
    """Return the names that a board at a host goes by; those of loopback are always among them."""
    if host in LOOPBACK:
        return set(LOOPBACK)
    return {*LOOPBACK, host, socket.gethostname()}


def _is_address(name: str) -> bool:
    """Return whether a name is an address in numbers, which no foreign name server can give."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
