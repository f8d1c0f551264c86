"""What takes room on a page: a film and pictures of values, within what is left of its size."""

import base64
import contextlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from qlax.errors import EnvironmentFailure, UsageError
from qlax.runs.saved import SavedRun
from qlax.wording import first_line

_SIZES = ((300, 12.0), (220, 8.0), (150, 5.0))
"""Widths in pixels and seconds of a film, each tried if the one before is too large."""
_WIDEST = 1_100
"""Pixels across a picture of values."""
_WIDE = 2.1
"""Width by height from which a picture gets a row of its own."""


class Budget:
    """Bytes that are left of a page."""

    def __init__(self, size: int) -> None:
        self.left = size

    def takes(self, size: int) -> bool:
        """Take bytes, as the page has them, if that many are left."""
        if size > self.left:
            return False
        self.left -= size
        return True


class Medium(NamedTuple):
    """A picture or a film inside a page."""

    source: str
    """As `data:`."""
    title: str
    caption: str
    wide: bool = False
    """Whether it needs the whole width of a page."""


class Shown(NamedTuple):
    """What of a run is shown, and what is not."""

    film: Medium | None
    pictures: list[Medium]
    notes: list[str]
    """Sentences on what was left out."""


def media_of(run: SavedRun, budget: Budget, *, film: bool, values: bool) -> Shown:
    """Return a film of a run and pictures of what it learned, as far as they fit."""
    notes: list[str] = []
    pictures: list[Medium] = []
    if not isinstance(run.config.get("env"), str):
        own = f"{run.env} is an environment of the user's own: there is no film of it"
        return Shown(None, [], [f"{own}, and no pictures of values."])
    if values:
        try:
            pictures += _pictures(run, budget, notes)
        except _TOLERATED as error:
            notes.append(f"There are no pictures of values: {first_line(error)}.")
    played = None
    if film:
        try:
            played = _film(run, budget, notes)
        except _TOLERATED as error:
            notes.append(f"There is no film: {first_line(error)}.")
    return Shown(played, pictures, notes)


_TOLERATED = (UsageError, EnvironmentFailure, OSError, ImportError)


def _film(run: SavedRun, budget: Budget, notes: list[str]) -> Medium | None:
    """Film an episode, smaller if it would be too large."""
    from qlax.loading import load
    from qlax.watching.filming import film

    policy = load(run.folder)
    with _scratch() as folder:
        for width, seconds in _SIZES:
            path = folder / f"{width}.webp"
            returned = film(policy, path, seconds=seconds, width=width)
            source = _data(path, "image/webp")
            if budget.takes(len(source)):
                caption = (
                    f"Seed {run.seed} at play, greedily, with the value of each action; return of "
                    f"what is shown: {returned:g}."
                )
                return Medium(source, "The agent at play", caption)
    notes.append("There is no film: even a small one would make the page too large.")
    return None


def _pictures(run: SavedRun, budget: Budget, notes: list[str]) -> Iterator[Medium]:
    """Return the pictures of what a run has learned."""
    from qlax.explaining import explain

    with _scratch() as folder:
        explanation = explain(run.folder, folder / "explanation")
        for picture in explanation:
            source, wide = _light(picture.png)
            if budget.takes(len(source)):
                yield Medium(source, picture.title, picture.caption, wide)
            else:
                notes.append(
                    f"“{picture.title}” is left out, as the page would be too large: "
                    "`qlax explain` draws it."
                )


def _light(path: Path) -> tuple[str, bool]:
    """Return a picture as WebP, a quarter of its PNG, and whether it is wide."""
    from PIL import Image

    file = io.BytesIO()
    with Image.open(path) as picture:
        width = min(_WIDEST, picture.width)
        height = round(picture.height * width / picture.width)
        picture.convert("RGB").resize((width, height)).save(file, "WEBP", quality=86, method=4)
    data = f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"
    return data, width > _WIDE * height


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="qlax-report-") as folder:
        yield Path(folder)


def _data(path: Path, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
