"""Some lines at the end of a terminal that are drawn again and again, and what is above them."""

import os
import shutil
import sys
import threading
from collections.abc import Callable
from typing import Any, TextIO

from qlax.letters import writable
from qlax.observers.progress.panel import Line

STYLES = {
    "label": "2",
    "faint": "2",
    "bar": "36",
    "done": "32",
    "curve": "36",
    "strong": "1",
    "solved": "1;32",
}
"""What the styles of a span are in a terminal's codes."""
# Ends of a line and of the screen are erased after the new letters are there: nothing flickers.
_TO_END_OF_LINE, _TO_END_OF_SCREEN = "\x1b[K", "\x1b[J"
# Terminals that know these show what is between them at once; others ignore them.
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"


class Screen:
    """The lines. Whatever else the program prints meanwhile goes above them, line by line."""

    def __init__(self, stream: TextIO, *, is_coloured: bool) -> None:
        self._stream = stream
        self._is_coloured = is_coloured
        self._lines: list[Line] = []
        self._drawn: list[int] = []
        self._pending: dict[int, str] = {}
        self._guarded: list[tuple[TextIO, Any]] = []
        self._lock = threading.RLock()

    @property
    def width(self) -> int:
        """Columns of the terminal now."""
        return width_of(self._stream)

    def show(self, lines: list[Line]) -> None:
        """Draw lines in place of those that are there."""
        with self._lock:
            if not self._guarded:
                self._guard()
            self._lines = lines
            self._write(self._update())

    def close(self, lines: list[Line]) -> None:
        """Leave these lines on the screen, and everything else as it was."""
        with self._lock:
            self._lines = lines
            self._write(self._update())
            self._lines, self._drawn = [], []
            pending, self._pending = self._pending, {}
            guarded, self._guarded = self._guarded, []
            for stream, _ in guarded:
                del stream.write
            for stream, write in guarded:
                if text := pending.get(id(stream)):
                    write(text)

    def _update(self) -> str:
        """Return what replaces the lines on the screen by those that are to be there."""
        drawn = "".join(f"{self._coloured(line)}{_TO_END_OF_LINE}\n" for line in self._lines)
        text = _BEGIN + self._to_the_top() + drawn + _TO_END_OF_SCREEN + _END
        self._drawn = [sum(len(span.text) for span in line) for line in self._lines]
        return text

    def _to_the_top(self) -> str:
        """Return what moves to the first of the lines, also if they are broken since they came."""
        width = self.width
        rows = sum(max(-(-letters // width), 1) for letters in self._drawn)
        return f"\r\x1b[{rows}A" if rows else "\r"

    def _coloured(self, line: Line) -> str:
        letters = []
        for span in line:
            code = STYLES.get(span.style) if self._is_coloured else None
            text = writable(span.text, self._stream)
            letters.append(f"\x1b[{code}m{text}\x1b[0m" if code and text else text)
        return "".join(letters)

    def _write(self, text: str) -> None:
        write = next((write for own, write in self._guarded if own is self._stream), None)
        (write or self._stream.write)(text)
        self._stream.flush()

    # --- what is above ------------------------------------------------------------------------

    def _guard(self) -> None:
        """Let what is written to the terminal go above the lines.

        The streams stay the objects that they are, and only their `write` is ours for a while:
        loggers hold streams that they were given long ago.
        """
        for stream in {id(one): one for one in (self._stream, *_standard_streams())}.values():
            try:
                if stream is self._stream or is_terminal(stream):
                    write = stream.write
                    stream.write = self._above(stream, write)  # type: ignore[method-assign]
                    self._guarded.append((stream, write))
            except (AttributeError, ValueError, OSError):  # closed, or of a kind that forbids it
                continue

    def _above(self, stream: TextIO, write: Callable[[str], int]) -> Callable[[str], int]:
        """Return a `write` that shows whole lines above, and keeps what is not whole yet."""

        def written(text: str) -> int:
            with self._lock:
                whole, end, rest = (self._pending.get(id(stream), "") + text).rpartition("\n")
                self._pending[id(stream)] = rest.rpartition("\r")[2]
                if end:
                    cleared = _BEGIN + self._to_the_top() + _TO_END_OF_SCREEN
                    self._drawn = []
                    if stream is self._stream:
                        self._write(cleared + whole + end + self._update())
                    else:
                        self._write(cleared)
                        write(whole + end)
                        stream.flush()
                        self._write(self._update())
            return len(text)

        return written


def width_of(stream: TextIO) -> int:
    """Return the columns of a stream's terminal, 80 if nobody can say."""
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (AttributeError, ValueError, OSError):
        columns = shutil.get_terminal_size().columns
    return columns or 80


def is_terminal(stream: TextIO) -> bool:
    """Return whether a stream is a terminal; one that is closed is none."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def is_live(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that can go back to what it shows."""
    if not is_terminal(stream):
        return False
    if os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        return False
    return sys.platform != "win32" or _has_codes(stream)


def is_coloured() -> bool:
    """Return whether colours are welcome: https://no-color.org."""
    return not os.environ.get("NO_COLOR")


def _has_codes(stream: TextIO) -> bool:
    """Return whether a console of Windows knows the codes that move the cursor."""
    from rich.console import Console

    return not Console(file=stream).legacy_windows


def _standard_streams() -> tuple[TextIO, ...]:
    known = (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)
    return tuple(stream for stream in known if stream is not None)
