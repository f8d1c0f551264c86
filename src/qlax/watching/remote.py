"""What whoever watches may ask for: a pause, a step, another speed, the next episode, the end."""

import time
from typing import Any, Protocol

from PIL import Image

from qlax.watching.playing import Turn

SPEEDS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
KEYS = {
    "space": "pause",
    "right": "step",
    "+": "faster",
    "=": "faster",
    "up": "faster",
    "-": "slower",
    "down": "slower",
    "n": "next",
    "q": "quit",
    "escape": "quit",
    "close": "quit",
}
"""Which key asks for what; `close` is the window's own button."""
HELP = "space pause   → step   + − speed   n next episode   q quit"
_LOOK_EVERY = 0.01


class Remote:
    """The state of what was asked for."""

    def __init__(self) -> None:
        self.paused = self.over = self.skips = False
        self._speed = SPEEDS.index(1.0)
        self._steps = 0

    @property
    def speed(self) -> float:
        """How many times as fast as usual."""
        return SPEEDS[self._speed]

    def ask(self, what: str) -> bool:
        """Take a request of `KEYS`; return whether it was one."""
        match what:
            case "pause":
                self.paused = not self.paused
            case "step":
                self.paused, self._steps = True, self._steps + 1
            case "faster":
                self._speed = min(self._speed + 1, len(SPEEDS) - 1)
            case "slower":
                self._speed = max(self._speed - 1, 0)
            case "next":
                self.skips = True
            case "quit":
                self.over = True
            case _:
                return False
        return True

    def take_step(self) -> bool:
        """Return whether one step was asked for, and count it as taken."""
        asked = self._steps > 0
        self._steps -= asked
        return asked

    def take_skip(self) -> bool:
        """Return whether the next episode was asked for, and forget it."""
        asked, self.skips = self.skips, False
        return asked

    @property
    def said(self) -> str:
        """The state in words; empty if all is as usual."""
        words = ["paused"] if self.paused else []
        if self.speed != 1.0:
            words.append(f"speed ×{self.speed:g}")
        return ", ".join(words)


class Screen(Protocol):
    """Shows pictures to somebody, and hears what they ask for."""

    def show(self, picture: Image.Image, said: str, values: dict[str, Any]) -> None:
        """Show a picture, with what is to be said below it and its values."""
        ...

    def pressed(self) -> list[str]:
        """Return the names of the keys that were pressed since the last call."""
        ...

    def close(self) -> None:
        """Be gone."""
        ...


def linger(
    screen: Screen,
    remote: Remote,
    picture: Image.Image,
    turn: Turn,
    values: dict[str, Any],
    seconds: float,
) -> None:
    """Show a turn until it is time for the next, which may be never, or somebody asks for it.

    Args:
        screen: Where.
        remote: What was asked for; it is changed by what is asked meanwhile.
        picture: The turn's.
        turn: What is shown; the last one of an episode stays for longer.
        values: The turn's.
        seconds: How long at the usual speed.
    """
    began, said = time.monotonic(), None
    least = 1.0 if turn.end else 0.0
    while True:
        for key in screen.pressed():
            remote.ask(KEYS.get(key, key))
        if remote.said != said:
            said = remote.said
            screen.show(picture, said, values)
        if remote.over or remote.skips or remote.take_step():
            return
        left = began + max(seconds / remote.speed, least) - time.monotonic()
        if left <= 0 and not remote.paused:
            return
        time.sleep(_LOOK_EVERY if remote.paused else min(left, _LOOK_EVERY))
