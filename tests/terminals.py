"""Terminals to look at: what a program shows on one of a given size."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pyte

_IGNORED = re.compile(r"\x1b\[\?2026[hl]")  # draws at once; pyte does not know it


class Terminal:
    """A terminal of some size, with everything that was written to it."""

    def __init__(self, width=80, height=24):
        self.width, self.height = width, height
        self.raw = ""
        self._screen = pyte.HistoryScreen(width, height, history=1_000)
        self._screen.set_mode(pyte.modes.LNM)
        self._stream = pyte.Stream(self._screen)

    def feed(self, text):
        self.raw += text
        self._stream.feed(_IGNORED.sub("", text))

    @property
    def lines(self):
        """What it shows now and has shown above, without empty lines at the end."""
        above = ["".join(line[x].data for x in range(self.width)) for line in self._history]
        shown = [line.rstrip() for line in [*above, *self._screen.display]]
        while shown and not shown[-1]:
            shown.pop()
        return shown

    @property
    def _history(self):
        return self._screen.history.top

    def run(self, words, cwd, **environment):
        """Show what a Python program prints, in this process's environment but for some names."""
        ours, theirs = pty.openpty()
        size = struct.pack("HHHH", self.height, self.width, 0, 0)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, size)
        inherited = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
        program = subprocess.Popen(
            [sys.executable, *words],
            cwd=cwd,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=inherited | {"TERM": "xterm"} | environment,
        )
        os.close(theirs)
        written = b""
        try:
            while part := os.read(ours, 65536):
                written += part
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        self.feed(written.decode())
        return program.wait()
