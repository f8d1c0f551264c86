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


def print_json(document: Any, *, in_a_line: bool = False) -> None:
    """Print a document as JSON on the standard output, also where that is kept for it.

    Args:
        document: What to print; numbers that are not finite become null.
        in_a_line: Whether it is one line, for whoever reads while the program goes on.
    """
    text = json.dumps(_finite(document), indent=None if in_a_line else 2, allow_nan=False)
    print(text, file=_kept[-1] if _kept else sys.stdout, flush=True)


_kept: list[TextIO] = []
"""The standard output while it is kept for JSON."""


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
def stdout_kept(is_kept: bool) -> Iterator[None]:
    """Send what the block prints to the standard error: the standard output is for JSON alone.

    That holds for environments and their libraries too, also for those written in C.
    """
    if not is_kept:
        yield
        return
    with contextlib.ExitStack() as stack:
        output: TextIO = sys.stdout
        with contextlib.suppress(OSError, ValueError):  # where there are no such files
            output.flush()
            copy = os.dup(1)
            stack.callback(os.close, copy)
            if output.fileno() == 1:
                output = stack.enter_context(open(copy, "w", encoding="utf-8", closefd=False))
            os.dup2(2, 1)
            stack.callback(os.dup2, copy, 1)
        _kept.append(output)
        stack.callback(_kept.pop)
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
