"""Pictures as a film: MP4, WebP, or GIF."""

import importlib.util
import itertools
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from qlax.errors import UsageError
from qlax.runs.folder import replacing

# Colours in a GIF's picture: games have few.
_COLOURS = 64

Writer = Callable[[Path, Image.Image, Iterator[Image.Image], int], None]
"""(path, first picture, the others, pictures a second) → a file."""


def require_format(name: str, path: Path) -> None:
    """Raise `UsageError` unless a film can be written to a path, as its suffix asks for.

    Args:
        name: The argument that the path was given as.
        path: Where the film is to go.
    """
    suffix = path.suffix.lower()
    if suffix not in _WRITERS:
        known = ", ".join(_WRITERS)
        raise UsageError(f"{name} is {str(path)!r}, but must end in one of {known}.")
    if suffix == ".mp4" and not _can_import("av"):
        raise UsageError(
            f"{name} is {str(path)!r}, but an .mp4 needs the package av, which is not installed: "
            "pip install av, or give a .webp or a .gif."
        )


def write_film(path: Path, pictures: Iterable[Image.Image], fps: int) -> None:
    """Write pictures of one size as a film, whole or not at all; they are taken one at a time.

    Args:
        path: The file, whose suffix says of which kind.
        pictures: In RGB, one or more.
        fps: How many are shown a second.

    Raises:
        UsageError: if the folder it is to go to cannot be made.
    """
    others = iter(pictures)
    first = next(others)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error}.") from error
    with replacing(path, synced=False) as aside:
        _WRITERS[path.suffix.lower()](aside, first, others, fps)


def _can_import(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ValueError:  # it is none, or half there
        return False


def _as_gif(path: Path, first: Image.Image, others: Iterator[Image.Image], fps: int) -> None:
    """Write a GIF, which repeats for ever."""
    begun = _in_few_colours(first)
    begun.save(
        path,
        save_all=True,
        append_images=map(_in_few_colours, others),
        duration=1000 // fps,
        loop=0,
    )


def _in_few_colours(picture: Image.Image) -> Image.Image:
    return picture.quantize(_COLOURS, dither=Image.Dither.NONE)


def _as_webp(path: Path, first: Image.Image, others: Iterator[Image.Image], fps: int) -> None:
    """Write a WebP, which repeats for ever."""
    first.save(
        path,
        save_all=True,
        append_images=list(others),
        duration=1000 // fps,
        loop=0,
        quality=70,
        method=2,
    )


def _as_mp4(path: Path, first: Image.Image, others: Iterator[Image.Image], fps: int) -> None:
    """Write an MP4 with H.264 and 4:2:0 colours, which every browser plays."""
    import av

    with av.open(str(path), "w", options={"movflags": "faststart"}) as file:
        stream = file.add_stream("libx264", rate=Fraction(fps))
        # Two by two pixels share a colour, so both sides must be even.
        stream.width, stream.height = (side - side % 2 for side in first.size)
        stream.pix_fmt = "yuv420p"
        for picture in itertools.chain([first], others):
            pixels = np.asarray(picture.crop((0, 0, stream.width, stream.height)))
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(stream.encode(None))


_WRITERS: dict[str, Writer] = {".mp4": _as_mp4, ".webp": _as_webp, ".gif": _as_gif}
