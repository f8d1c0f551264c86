"""A window of its own, by pygame, which the classic environments are drawn with too."""

import os
from typing import Any

from PIL import Image, ImageDraw

from qlax.drawing import FAINT, INK
from qlax.errors import UsageError
from qlax.watching.remote import HELP
from qlax.watching.text import font

_FOOTER = 24
_UNSEEN = ("offscreen", "dummy")
"""Drivers of pygame that show nothing: it takes them where no display answers."""


class Window:
    """Shows pictures in a window that can be resized, with help below; hears keys."""

    def __init__(self, title: str, help_text: str = HELP) -> None:
        """Get ready; the window opens with the first picture.

        Raises:
            UsageError: if there is no display for it.
        """
        os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
        import pygame

        self._pygame: Any = pygame
        self._title, self._help = title, help_text
        self._surface: Any = None
        self._size: tuple[int, int] | None = None
        self._last: Image.Image | None = None
        self._waiting: list[str] = []
        try:
            pygame.display.init()
        except pygame.error as error:
            raise UsageError(f"No window can be opened: {error}.") from error
        driver = pygame.display.get_driver()
        if driver in _UNSEEN and "SDL_VIDEODRIVER" not in os.environ:
            pygame.display.quit()
            raise UsageError("No window can be opened: the display does not answer.")

    def show(self, picture: Image.Image, said: str = "", values: Any = None) -> None:  # noqa: ARG002
        """Show a picture, and what is said below it."""
        self._last = self._with_footer(picture, said)
        if self._size is None:
            self._open(self._last.size)
        self._draw()

    def pressed(self) -> list[str]:
        """Return the names of the keys that were pressed since the last call."""
        if self._surface is None:
            return []
        pressed, pygame = [], self._pygame
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                pressed.append("close")
            elif event.type == pygame.KEYDOWN:
                pressed.append(_name_of(pygame, event))
            elif event.type in (pygame.VIDEORESIZE, pygame.VIDEOEXPOSE):
                self._surface = pygame.display.get_surface()
                self._draw()
        return pressed

    def held(self) -> frozenset[str]:
        """Return the names of the keys that are held down."""
        pygame = self._pygame
        if self._surface is None:
            return frozenset()
        pygame.event.pump()
        keys = pygame.key.get_pressed()
        return frozenset(name for name, code in _codes(pygame).items() if keys[code])

    def close(self) -> None:
        """Close the window."""
        if self._pygame.display.get_init():
            self._pygame.display.quit()

    def _open(self, size: tuple[int, int]) -> None:
        pygame = self._pygame
        try:
            self._surface = pygame.display.set_mode(size, pygame.RESIZABLE)
        except pygame.error as error:
            raise UsageError(f"No window can be opened: {error}.") from error
        pygame.display.set_caption(self._title)
        self._size = size

    def _with_footer(self, picture: Image.Image, said: str) -> Image.Image:
        whole = Image.new("RGB", (picture.width, picture.height + _FOOTER), "white")
        whole.paste(picture, (0, 0))
        drawing = ImageDraw.Draw(whole)
        middle = picture.height + _FOOTER // 2
        drawing.line((0, picture.height, whole.width, picture.height), fill="#e3e8ed")
        drawing.text((10, middle), self._help, font=font(11), fill=FAINT, anchor="lm")
        place = (whole.width - 10, middle)
        drawing.text(place, said, font=font(11, bold=True), fill=INK, anchor="rm")
        return whole

    def _draw(self) -> None:
        """Draw the last picture as large as the window is, in its own proportions."""
        if self._last is None or self._surface is None:
            return
        pygame = self._pygame
        picture = pygame.image.frombytes(self._last.tobytes(), self._last.size, "RGB")
        room = self._surface.get_size()
        scale = min(room[0] / self._last.width, room[1] / self._last.height)
        size = max(1, round(self._last.width * scale)), max(1, round(self._last.height * scale))
        if size != self._last.size:
            picture = pygame.transform.smoothscale(picture, size)
        self._surface.fill((255, 255, 255))
        self._surface.blit(picture, ((room[0] - size[0]) // 2, (room[1] - size[1]) // 2))
        pygame.display.flip()


def _name_of(pygame: Any, event: Any) -> str:
    """Return what a key is called: by what it writes if that is `+` or the like, else its own."""
    typed = getattr(event, "unicode", "")
    if typed and typed in "+-=":
        return str(typed)
    return str(_plain(pygame.key.name(event.key)))


def _plain(name: str) -> str:
    """Return the name of a key, those of the number pad as the others."""
    return name.strip("[]") if len(name) == 3 and name[0] == "[" else name.lower()


def _codes(pygame: Any) -> dict[str, int]:
    """Return the codes of keys that may be held, by their names."""
    if not _CODES:
        for attribute in dir(pygame):
            if attribute.startswith("K_"):
                code = getattr(pygame, attribute)
                _CODES.setdefault(_plain(pygame.key.name(code)), code)
    return _CODES


_CODES: dict[str, int] = {}
