"""The picture of a turn: the environment's, the panel beside it, and a caption above."""

import numpy as np
from PIL import Image, ImageDraw

from qlax.drawing import INK
from qlax.spaces import EnvSpec
from qlax.watching.panel import Panel
from qlax.watching.playing import Turn
from qlax.watching.text import font, shortened, width_of

_CAPTION = 26
_SIZES = (14, 13, 12, 11, 10)
"""Of a caption's letters: the largest that fit."""
_SMALLEST = 300
"""Height below which a picture is enlarged, by a whole number, where its width leaves room."""


class Layout:
    """Puts pictures of turns together, all of them of one size."""

    def __init__(
        self,
        spec: EnvSpec,
        names: tuple[str, ...],
        *,
        width: int,
        panel: bool = True,
        caption: str | None = None,
        enlarges: bool = True,
    ) -> None:
        """Choose a layout.

        Args:
            spec: The environment's description.
            names: What actions are called, [A].
            width: Largest width of the environment's picture.
            panel: Whether the values of actions stand beside it.
            caption: What stands above; None for nothing.
            enlarges: Whether small pictures are made larger.
        """
        self._spec, self._names = spec, names
        self._width, self._has_panel, self._enlarges = width, panel, enlarges
        self.caption = caption
        """What stands above: it may be changed, but for None."""
        self._panel: Panel | None = None
        self._shown: tuple[int, int] | None = None

    def picture(self, turn: Turn, taken: int | None = None) -> Image.Image:
        """Return the picture of a turn, in RGB.

        Args:
            turn: What to draw.
            taken: The action that somebody else takes, to be marked in the panel.
        """
        assert turn.picture is not None, "the game is drawn"
        shown = self._fitted(turn.picture)
        above = 0 if self.caption is None else _CAPTION
        if not self._has_panel:
            if not above:
                return shown
            whole = Image.new("RGB", (shown.width, shown.height + above), "white")
            whole.paste(shown, (0, above))
            self._write(whole)
            return whole
        if self._panel is None:
            self._panel = Panel(self._spec, self._names, height=shown.height)
        beside = self._panel.draw(turn, taken)
        height = max(shown.height, beside.height)
        whole = Image.new("RGB", (shown.width + beside.width, height + above), "white")
        whole.paste(shown, (0, above + (height - shown.height) // 2))
        whole.paste(beside, (shown.width, above))
        self._write(whole)
        return whole

    def _write(self, whole: Image.Image) -> None:
        if self.caption is not None:
            room = whole.width - 20
            fitting = (size for size in _SIZES if width_of(self.caption, size, bold=True) <= room)
            size = next(fitting, _SIZES[-1])
            text = shortened(self.caption, size, room, bold=True)
            drawing = ImageDraw.Draw(whole)
            place = (10, _CAPTION // 2)
            drawing.text(place, text, font=font(size, bold=True), fill=INK, anchor="lm")

    def _fitted(self, pixels: np.ndarray) -> Image.Image:
        """Return the environment's picture in the size that the first one got."""
        picture = Image.fromarray(pixels)
        if self._shown is None:
            self._shown = self._size_of(*picture.size)
        if picture.size == self._shown:
            return picture
        larger = self._shown[0] > picture.width
        way = Image.Resampling.NEAREST if larger else Image.Resampling.BOX
        return picture.resize(self._shown, way)

    def _size_of(self, width: int, height: int) -> tuple[int, int]:
        if width > self._width:
            return self._width, max(1, round(height * self._width / width))
        if not self._enlarges or height >= _SMALLEST:
            return width, height
        times = max(1, min(self._width // width, -(-_SMALLEST // height)))
        return width * times, height * times
