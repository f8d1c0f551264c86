"""Pieces of HTML that all representations share. Text that they are given is escaped."""

from collections.abc import Iterable
from html import escape

_CARD = (
    "border:1px solid rgba(128,128,128,.35);border-radius:6px;padding:.6em .9em;margin:.3em 0;"
    "max-width:640px;line-height:1.45"
)
_TABLE = "border-collapse:collapse;margin:.3em 0;color:inherit;font-size:inherit"
_CELL = "padding:.1em .9em .1em 0;vertical-align:top;text-align:left;border:0;background:none"
_CODE = "font-family:monospace;font-size:.95em;background:none;color:inherit;padding:0"


def card(title: str, *inside: str) -> str:
    """Return a frame with a title around pieces of HTML."""
    return f'<div style="{_CARD}"><strong>{escape(title)}</strong>{"".join(inside)}</div>'


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of names and values; the values are HTML."""
    lines = "".join(
        f'<tr style="background:none"><td style="{_CELL};opacity:.7;white-space:nowrap">'
        f'{escape(name)}</td><td style="{_CELL}">{value}</td></tr>'
        for name, value in rows
    )
    return f'<table style="{_TABLE}">{lines}</table>'


def text(words: str) -> str:
    """Return a text as HTML."""
    return escape(words)


def code(source: str) -> str:
    """Return source text as HTML."""
    return f'<code style="{_CODE}">{escape(source)}</code>'


def marked(words: str, colour: str) -> str:
    """Return a text in a colour."""
    return f'<strong style="color:{colour}">{escape(words)}</strong>'


def line(words: str) -> str:
    """Return a text as a line of its own."""
    return f'<div style="margin:.15em 0">{escape(words)}</div>'


def bar(share: float, colour: str) -> str:
    """Return a bar that is filled to a share, in [0, 1]."""
    return (
        f'<div role="progressbar" aria-valuenow="{share:.0%}" '
        'style="height:6px;border-radius:3px;background:rgba(128,128,128,.25);margin:.4em 0">'
        f'<div style="height:6px;border-radius:3px;width:{share:.1%};background:{colour}"></div>'
        "</div>"
    )


def folded(summary: str, inside: str) -> str:
    """Return something that is shown once its summary, HTML as it is, is clicked."""
    return (
        f'<details style="margin:.15em 0"><summary style="cursor:pointer">'
        f'{summary}</summary><div style="margin-left:1.1em">{inside}</div></details>'
    )
