"""Printing on terminals and into pipes."""

import codecs
import contextlib
import io
import json
import math
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console

from qlax.letters import in_plain
from qlax.wording import broken


def console() -> Console:
    """Return a console as wide as the terminal, or wide enough for any line in a pipe."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)


def print_json(document: Any) -> None:
    """Print a document as JSON; numbers that are not finite become null."""
    print(json.dumps(_finite(document), indent=2, allow_nan=False))


def _finite(document: Any) -> Any:
    """Return a document that JSON can say: without infinities, with paths as text."""
    if isinstance(document, dict):
        return {str(name): _finite(value) for name, value in document.items()}
    if isinstance(document, list | tuple):
        return [_finite(value) for value in document]
    if isinstance(document, float) and not math.isfinite(document):
        return None
    return str(document) if isinstance(document, Path) else document


@contextlib.contextmanager
def stdout_kept(is_kept: bool = True) -> Iterator[None]:
    """Send what the block prints to the standard error: the standard output is for JSON alone.

    That holds for environments and their libraries too, also for those written in C.
    """
    if not is_kept:
        yield
        return
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError, ValueError):  # where there are no such files
            sys.stdout.flush()
            kept = os.dup(1)
            stack.callback(os.close, kept)
            os.dup2(2, 1)
            stack.callback(os.dup2, kept, 1)
        stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        yield


def spell_out(*streams: TextIO) -> None:
    """Let streams write `->` for `→` and so on, where their encoding lacks such letters."""
    codecs.register_error("qlax", in_plain)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="qlax")


def say(topic: str, text: str) -> None:
    """Print a line of a summary: a topic and its text."""
    print(broken(f"{topic:<10}{text}", width_of(sys.stdout), indent=10))


def complain(text: str) -> None:
    """Print a sentence on the standard error, with qlax's name in front."""
    print(broken(f"qlax: {text}", width_of(sys.stderr), indent=6), file=sys.stderr)


def width_of(stream: TextIO) -> int | None:
    """Return a terminal's width; None if the stream is not a terminal."""
    return shutil.get_terminal_size().columns if stream.isatty() else None
