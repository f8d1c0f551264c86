"""What a repository of a run may hold: data of some names, kinds and sizes.

Nothing else is fetched, kept or uploaded. No file of them is ever run, and none can hold code that
reading it would run.
"""

import json
import math
import re
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from qlax.errors import UsageError
from qlax.policy import ARRAYS, DESCRIPTION
from qlax.runs.disk import CONFIG
from qlax.runs.folder import CURVE, METRICS, POLICY, RESULT, read_json, require_ours
from qlax.runs.moments import BEST, CHOSEN_BY
from qlax.wording import kind_and_first_line

CARD, FILM, ATTRIBUTES = "README.md", "replay.mp4", ".gitattributes"
"""The card, the film under the name that hubs show as a preview, and what every repository has."""
_KB, _MB = 10**3, 10**6


class _Kind(NamedTuple):
    """A kind of file."""

    name: str
    largest: int
    """Bytes at most."""
    require: Callable[[Path], None]
    """Raises if a file is not of this kind."""


def _require_text(path: Path) -> None:
    path.read_text("utf-8")


def _require_document(path: Path) -> None:
    if not isinstance(read_json(path), dict):
        raise ValueError("it holds no dict")


def _require_rows(path: Path) -> None:
    with path.open("rb") as file:
        for line in file:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError("a line of it holds no dict")
            require_ours(row, path)


def _require_arrays(path: Path) -> None:
    """Refuse archives with anything but plain arrays in them, or far larger than they seem."""
    heads = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            with archive.open(member) as file:
                shape, _, dtype = heads[np.lib.format.read_magic(file)](file)
            if dtype.hasobject or not member.filename.endswith(".npy"):
                raise ValueError(f"{member.filename} in it is no plain array")
            if math.prod(shape) * dtype.itemsize > 2_000 * _MB:
                raise ValueError(f"{member.filename} in it has more than 2 GB")


def _require_picture(path: Path) -> None:
    from PIL import Image

    with Image.open(path, formats=["PNG"]) as picture:
        picture.verify()


def _require_film(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(12)[4:8] != b"ftyp":
            raise ValueError("it does not begin as an MP4 does")


_TEXT = _Kind("text", _MB, _require_text)
_JSON = _Kind("JSON", 20 * _MB, _require_document)
_ROWS = _Kind("a line of JSON for each row", 1_000 * _MB, _require_rows)
_NUMBERS = _Kind("an archive of arrays", 2_000 * _MB, _require_arrays)
_PICTURE = _Kind("a PNG picture", 20 * _MB, _require_picture)
_FILM = _Kind("an MP4 film", 200 * _MB, _require_film)
_NAMED = {
    CARD: _TEXT,
    ATTRIBUTES: _TEXT,
    CONFIG: _JSON,
    RESULT: _JSON,
    METRICS: _ROWS,
    CURVE: _PICTURE,
    FILM: _FILM,
    f"{BEST}/{CHOSEN_BY}": _JSON,
} | {
    f"{folder}/{name}": kind
    for folder in (POLICY, BEST)
    for name, kind in ((DESCRIPTION, _JSON), (ARRAYS, _NUMBERS))
}
_EXPLAINED = re.compile(r"explanation/[\w-]{1,60}\.png")
NEEDED = (CONFIG, f"{POLICY}/{DESCRIPTION}", f"{POLICY}/{ARRAYS}")
"""Without these there is no run."""


def is_known(name: str) -> bool:
    """Return whether a run may have a file of this name, `/` between its folders."""
    return _kind_of(name) is not None


def require_run(sizes: Iterable[tuple[str, int | None]], where: object) -> None:
    """Refuse a list of files that is not a run's, or one that is too large.

    Args:
        sizes: The name of each file, and its bytes.
        where: The repository.

    Raises:
        UsageError: naming the first file that is too much, too large or missing.
    """
    names = set()
    for name, size in sizes:
        kind = _kind_of(name)
        if kind is None:
            raise UsageError(
                f"{where} holds {name[:200]!r}, which is not among the data of a run: nothing of "
                "it is fetched."
            )
        if size is None or size > kind.largest:
            told = "of unknown size" if size is None else f"of {size:,} bytes"
            raise UsageError(
                f"{where} holds {name} {told}, but it may have {kind.largest:,} at most: nothing "
                "of it is fetched."
            )
        names.add(name)
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise UsageError(f"{where} is no run of qlax: it has no {missing[0]}.")


def require_data(path: Path, name: str, where: object) -> None:
    """Refuse a file that is not what its name says.

    Raises:
        UsageError: naming it.
    """
    kind = _kind_of(name)
    try:
        if kind is None or path.is_symlink() or path.stat().st_size > kind.largest:
            raise ValueError("it is not among the data of a run, or too large")
        kind.require(path)
    except Exception as error:  # of bytes that anything may have happened to
        what = "data" if kind is None else kind.name
        raise UsageError(
            f"{where} holds {name}, which is not {what}, as its name says "
            f"({kind_and_first_line(error)}): it is not kept."
        ) from None


def files_in(folder: Path) -> list[str]:
    """Return the files of a run's folder that can be uploaded, without card and film."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    names = (path.relative_to(folder).as_posix() for path in found)
    return sorted(name for name in names if is_known(name) and name not in (CARD, FILM, ATTRIBUTES))


def has_own_parts(description: Any) -> bool:
    """Return whether a policy's description names parts of a user's own, which no file holds."""
    if isinstance(description, list):
        return any(map(has_own_parts, description))
    return isinstance(description, dict) and (
        "custom" in description or any(map(has_own_parts, description.values()))
    )


def _kind_of(name: str) -> _Kind | None:
    return _PICTURE if _EXPLAINED.fullmatch(name) else _NAMED.get(name)
