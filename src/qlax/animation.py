"""Frames as a film: GIF, WebP, or MP4."""

import importlib.util
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from qlax.errors import UsageError
from qlax.runs.folder import replacing

# Colours in a frame: games have few.
_COLOURS = 64

Writer = Callable[[Path, Sequence[Image.Image], int], None]


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
    if suffix == ".mp4" and importlib.util.find_spec("av") is None:
        raise UsageError(
            f"{name} is {str(path)!r}, but an .mp4 needs the package av, which is not installed: "
            'pip install "qlax[film]", or give a .gif or a .webp.'
        )


def write_film(path: Path, pictures: Sequence[Image.Image], fps: int) -> None:
    """Write frames of one size as a film, whole or not at all.

    Args:
        path: The file, whose suffix says of which kind.
        pictures: In RGB, one or more.
        fps: How many are shown a second.

    Raises:
        UsageError: if the folder it is to go to cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error}.") from error
    with replacing(path) as aside:
        _WRITERS[path.suffix.lower()](aside, pictures, fps)


def _as_images(path: Path, pictures: Sequence[Image.Image], fps: int) -> None:
    """Write a GIF or a WebP, which repeats for ever."""
    first, *others = (picture.quantize(_COLOURS, dither=Image.Dither.NONE) for picture in pictures)
    first.save(path, save_all=True, append_images=others, duration=1000 // fps, loop=0)


def _as_mp4(path: Path, pictures: Sequence[Image.Image], fps: int) -> None:
    """Write an MP4 with H.264 and 4:2:0 colours, which every browser plays."""
    import av

    with av.open(str(path), "w", options={"movflags": "faststart"}) as file:
        stream = file.add_stream("libx264", rate=Fraction(fps))
        # Two by two pixels share a colour, so both sides must be even.
        stream.width, stream.height = (side - side % 2 for side in pictures[0].size)
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            pixels = np.asarray(picture.crop((0, 0, stream.width, stream.height)))
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(stream.encode(None))


_WRITERS: dict[str, Writer] = {".gif": _as_images, ".webp": _as_images, ".mp4": _as_mp4}
