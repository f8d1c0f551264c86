"""Lines at the end of a terminal, and what is printed above them."""

import io
import logging
import sys

import pytest

from qlax.observers.progress import screen
from qlax.observers.progress.panel import Span
from tests.terminals import Terminal


class Tty(io.StringIO):
    """A stream that says it is a terminal, and shows what it is given on one."""

    def __init__(self, width=40):
        super().__init__()
        self.terminal = Terminal(width, 10)

    def isatty(self):
        return True

    def write(self, text):
        self.terminal.feed(text)
        return len(text)


@pytest.fixture
def tty(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    return Tty()


def lines(*texts):
    return [[Span(text)] for text in texts]


def test_lines_are_drawn_in_place(tty):
    shown = screen.Screen(tty, is_coloured=False)
    shown.show(lines("one", "two, which is longer"))
    shown.show(lines("ONE", "two"))
    assert tty.terminal.lines == ["ONE", "two"]
    shown.show(lines("one alone"))
    assert tty.terminal.lines == ["one alone"]
    shown.close([])
    assert tty.terminal.lines == []


def test_what_is_printed_goes_above_line_by_line(tty):
    shown = screen.Screen(tty, is_coloured=False)
    shown.show(lines("panel"))
    print("whole", file=tty)
    print("half ", end="", file=tty)
    assert tty.terminal.lines == ["whole", "panel"]
    print("a line", file=tty)
    assert tty.terminal.lines == ["whole", "half a line", "panel"]
    print("rest", end="", file=tty)
    shown.close(lines("last"))
    assert tty.terminal.lines == ["whole", "half a line", "last", "rest"]


def test_loggers_that_hold_the_stream_already_go_above_too(tty):
    handler = logging.StreamHandler(tty)
    shown = screen.Screen(tty, is_coloured=False)
    shown.show(lines("panel"))
    handler.emit(logging.makeLogRecord({"msg": "logged"}))
    assert tty.terminal.lines == ["logged", "panel"]


def test_the_standard_error_of_the_same_terminal_goes_above_too(tty, monkeypatch):
    error = Tty()
    error.terminal = tty.terminal
    monkeypatch.setattr(sys, "stderr", error)
    shown = screen.Screen(tty, is_coloured=False)
    shown.show(lines("panel"))
    print("careful", file=sys.stderr)
    shown.show(lines("panel"))
    assert tty.terminal.lines == ["careful", "panel"]
    shown.close([])
    print("after", file=sys.stderr)
    assert tty.terminal.lines == ["careful", "after"]


def test_a_line_longer_than_the_terminal_does_not_break_the_panel(tty):
    shown = screen.Screen(tty, is_coloured=False)
    shown.show(lines("panel"))
    print("x" * 100, file=tty)
    shown.show(lines("again"))
    assert tty.terminal.lines == ["x" * 40, "x" * 40, "x" * 20, "again"]


def test_rows_are_counted_anew_after_the_terminal_became_narrower(tty, monkeypatch):
    shown = screen.Screen(tty, is_coloured=False)
    shown.show(lines("a" * 39, "b" * 20))
    monkeypatch.setenv("COLUMNS", "20")
    tty.terminal.raw = ""
    shown.show(lines("c"))
    assert "\x1b[3A" in tty.terminal.raw  # two rows of the first line, one of the second


def test_another_panel_begins_below_what_the_first_left(tty):
    shown = screen.Screen(tty, is_coloured=False)
    shown.show(lines("panel", "of the first"))
    shown.close(lines("first"))
    shown.show(lines("panel", "of the second"))
    shown.close(lines("second"))
    assert tty.terminal.lines == ["first", "second"]


def test_the_stream_is_as_before_once_the_panel_is_closed(tty):
    before = dict(vars(tty))
    shown = screen.Screen(tty, is_coloured=False)
    shown.show(lines("panel"))
    assert "write" in vars(tty)
    shown.close(lines("panel"))
    assert vars(tty) == before


@pytest.mark.parametrize("is_coloured", [False, True])
def test_colours_are_left_out_where_they_are_not_welcome(tty, is_coloured):
    shown = screen.Screen(tty, is_coloured=is_coloured)
    shown.show([[Span("good", "solved")]])
    assert ("\x1b[1;32mgood\x1b[0m" in tty.terminal.raw) is is_coloured


def test_a_dumb_terminal_and_a_closed_stream_are_not_live(tty, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    assert screen.is_live(tty)
    monkeypatch.setenv("TERM", "dumb")
    assert not screen.is_live(tty)
    closed = io.StringIO()
    closed.close()
    assert not screen.is_live(closed)
    assert not screen.is_live(io.StringIO())
