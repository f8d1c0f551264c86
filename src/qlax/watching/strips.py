"""A value over time as a small picture."""

import numpy as np
from PIL import Image, ImageColor

from qlax.drawing import LINE

_LONGEST = 100_000
_COLUMNS = 3
"""Of pixels a value, until they fill the strip; it holds all values from then on."""


class ValueStrip:
    """Draws a series of values as an area, newest at the right end, all of it in view."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._values: list[float] = []

    def clear(self) -> None:
        """Forget what was added: another episode begins."""
        self._values.clear()

    def add(self, value: float) -> None:
        """Add a value; one that is not finite repeats the one before."""
        if not np.isfinite(value):
            value = self._values[-1] if self._values else 0.0
        self._values.append(value)
        if len(self._values) > _LONGEST:
            del self._values[: _LONGEST // 10]

    @property
    def limits(self) -> tuple[float, float]:
        """The smallest and the largest value."""
        if not self._values:
            return 0.0, 0.0
        return min(self._values), max(self._values)

    def picture(self) -> Image.Image:
        """Return the picture, in RGB."""
        width, height = self._size
        pixels = np.full((height, width, 3), 247, np.uint8)
        if self._values:
            values = np.asarray(self._values)
            shown = min(width, max(_COLUMNS * len(values), 2))
            at = np.linspace(0, len(values) - 1, shown).round().astype(int)
            low, high = self.limits
            shares = (values[at] - low) / (high - low) if high > low else np.full(shown, 0.5)
            tops = np.round((1.0 - shares) * (height - 5)).astype(int) + 2
            rows = np.arange(height)[:, None]
            below = rows >= tops[None]
            previous = np.concatenate([tops[:1], tops[:-1]])
            upper, lower = np.minimum(tops, previous), np.maximum(tops, previous)
            line = (rows >= upper[None] - 1) & (rows <= lower[None])
            area = pixels[:, :shown]
            area[below] = (219, 230, 241)
            area[line] = ImageColor.getrgb(LINE)
        return Image.fromarray(pixels)
