"""Letters that the encoding of a file or terminal may lack, and what is written in their place."""

from typing import TextIO

_PLAIN = {
    "…": "...",
    "→": "->",
    "ε": "epsilon",
    "±": "+-",
    "×": "x",
    "·": "*",
    "−": "-",
    "–": "-",
    "²": "2",
    "≥": ">=",
    "’": "'",
    "━": "#",
    "╸": "#",
    "─": "-",
}


def in_plain(error: UnicodeError) -> tuple[str, int]:
    """Return what to write in place of letters, and where to go on: a handler for `codecs`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


def writable(text: str, stream: TextIO) -> str:
    """Return a text whose letters a stream's encoding has: `->` for `→` where it has no arrows."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        text = "".join(letter if _has(encoding, letter) else _plain(letter) for letter in text)
    return text


def shows_blocks(stream: TextIO) -> bool:
    """Return whether a stream's encoding has the blocks and lines that curves are drawn with."""
    return _has(getattr(stream, "encoding", None) or "utf-8", "▁▂▃▄▅▆▇█━╸─ε")


def _plain(letter: str) -> str:
    return _PLAIN.get(letter, "?")


def _has(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
