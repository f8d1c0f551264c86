"""Text in pictures, in one font on every machine, and environments that draw in letters."""

import functools
import importlib.util
import re
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_FONTS = "mpl-data/fonts/ttf"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@functools.cache
def font(size: int, *, bold: bool = False, mono: bool = False) -> Any:
    """Return DejaVu Sans, which comes with matplotlib, in a size in pixels."""
    name = f"DejaVuSans{'Mono' if mono else ''}{'-Bold' if bold else ''}.ttf"
    found = importlib.util.find_spec("matplotlib")  # its folder: it need not be imported
    for folder in (found and found.submodule_search_locations) or ():
        path = Path(folder) / _FONTS / name
        if path.is_file():
            return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size)


@functools.lru_cache(maxsize=4096)
def width_of(text: str, size: int, *, bold: bool = False) -> float:
    """Return how wide a text is, in pixels."""
    return float(font(size, bold=bold).getlength(text))


@functools.lru_cache(maxsize=4096)
def shortened(text: str, size: int, most: int, *, bold: bool = False) -> str:
    """Return a text that is at most so many pixels wide, cut with … if need be."""
    if width_of(text, size, bold=bold) <= most:
        return text
    while text and width_of(f"{text}…", size, bold=bold) > most:
        text = text[:-1]
    return f"{text}…"


def picture_of_text(text: str, size: int = 16) -> np.ndarray:
    """Return what an environment draws in letters, white on black, uint8, [height, width, 3]."""
    lines = _COLOURS.sub("", text).expandtabs().splitlines()[:80] or [""]
    letters = font(size, mono=True)
    columns = max(20, *(min(len(line), 160) for line in lines))
    width = round(columns * letters.getlength("M")) + size
    height = round(1.3 * size) * len(lines) + size
    picture = Image.new("RGB", (width, height), "black")
    drawing = ImageDraw.Draw(picture)
    for row, line in enumerate(lines):
        place = (size // 2, size // 2 + row * round(1.3 * size))
        drawing.text(place, line[:160], font=letters, fill="white")
    return np.asarray(picture)
