"""An explanation as a folder: pictures, their numbers, and a page of text that lists them."""

import base64
import html
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from qlax._version import __version__
from qlax.drawing import save_figure
from qlax.errors import UsageError
from qlax.explaining.core import Kind, LeftOut, Picture, Subject
from qlax.runs.folder import read_json, replacing, write_json

INDEX = "explanation.json"
_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A picture on disk."""

    name: str
    """Of its files, but for the endings."""
    title: str
    """What it shows, in a few words."""
    caption: str
    """What is to be seen in it, in plain words."""
    png: Path
    """The picture."""
    svg: Path
    """The same, for print."""
    data: Path
    """Its numbers, arrays of NumPy; the index says what each of them is."""
    facts: dict[str, Any]
    """What the caption says in numbers, by name."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Pictures of what a policy has learned."""

    folder: Path
    """Where they are."""
    env: str
    """Where it plays."""
    agent: str | None
    """The agent's name; None if it was given as a policy."""
    pictures: tuple[Drawn, ...]
    """The pictures, in the order in which they are worth looking at."""
    left_out: dict[str, str]
    """Kinds of pictures that do not go with it: a sentence for each."""

    def __repr__(self) -> str:
        names = ", ".join(picture.name for picture in self.pictures)
        return f"<Explanation of {self.env} in {self.folder}: {names}>"

    def __getitem__(self, name: str) -> Drawn:
        for picture in self.pictures:
            if picture.name == name:
                return picture
        known = ", ".join(picture.name for picture in self.pictures)
        raise UsageError(f"There is no picture {name!r} in {self.folder}; there is {known}.")

    def __iter__(self) -> Iterator[Drawn]:
        return iter(self.pictures)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the pictures with their captions."""
        figures = [
            f'<figure style="margin: 0 0 1.5em"><img alt="{html.escape(picture.title)}" '
            f'style="max-width: 48em; width: 100%" src="data:image/png;base64,'
            f'{base64.b64encode(picture.png.read_bytes()).decode()}">'
            f"<figcaption>{html.escape(picture.caption)}</figcaption></figure>"
            for picture in self.pictures
        ]
        without = [
            f"<p>No {html.escape(kind)}: {html.escape(why)}</p>"
            for kind, why in self.left_out.items()
        ]
        return "\n".join([*figures, *without])

    def as_json(self) -> dict[str, Any]:
        """Return what `explanation.json` holds."""
        document = read_json(self.folder / INDEX)
        assert isinstance(document, dict)
        return document


def require_place(name: str, folder: Path) -> None:
    """Raise `UsageError` unless an explanation may be written to a folder.

    It may be new, empty, or hold an older explanation and nothing else.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{name} is {str(folder)!r}, but must be a folder.")
    there = {path.name for path in folder.iterdir()}
    ours = _files_of(folder) if INDEX in there else set()
    others = sorted(there - ours)
    if others:
        raise UsageError(
            f"{name} is {str(folder)!r}, which holds other files, such as {others[0]}: give "
            "another folder, which need not be there yet."
        )


def _files_of(folder: Path) -> set[str]:
    """Return the names of all files of the explanation in a folder."""
    document = read_json(folder / INDEX)
    pictures = document.get("pictures", []) if isinstance(document, dict) else []
    found = {INDEX}
    for picture in pictures if isinstance(pictures, list) else []:
        files = picture.get("files") if isinstance(picture, dict) else None
        found |= set(map(str, files.values())) if isinstance(files, dict) else set()
    return found


def write(
    subject: Subject, kinds: tuple[Kind, ...], folder: Path, which: Literal["last", "best"]
) -> Explanation:
    """Draw all pictures that go with a policy into a folder, whole or not at all.

    Args:
        subject: The policy, and all that is known of it.
        kinds: What to draw.
        folder: Where.
        which: Which of the run's policies it is.
    """
    agent = None if subject.run is None else subject.run.agent
    folder.parent.mkdir(parents=True, exist_ok=True)
    left_out: dict[str, str] = {}
    entries: list[dict[str, Any]] = []
    with replacing(folder) as aside:
        aside.mkdir()
        for kind in kinds:
            if not kind.applies_to(subject):
                continue
            try:
                entries += [_written(picture, aside) for picture in kind.draw(subject)]
            except LeftOut as reason:
                left_out[kind.name] = str(reason)
        document = {
            "format": _FORMAT,
            "qlax": __version__,
            "env": subject.spec.id,
            "agent": agent,
            "policy": which,
            "pictures": entries,
            "left_out": left_out,
        }
        write_json(aside / INDEX, document)
    return Explanation(
        folder=folder,
        env=subject.spec.id,
        agent=agent,
        pictures=tuple(_drawn(entry, folder) for entry in entries),
        left_out=left_out,
    )


def _written(picture: Picture, folder: Path) -> dict[str, Any]:
    """Write a picture's files, and return what the index says of it."""
    files = {
        "png": f"{picture.name}.png",
        "svg": f"{picture.name}.svg",
        "data": f"{picture.name}.npz",
    }
    save_figure(picture.figure, folder / files["png"])
    picture.figure.set_layout_engine("none")  # everything has its place now
    save_figure(picture.figure, folder / files["svg"])
    arrays: dict[str, Any] = {name: array for name, (array, _) in picture.arrays.items()}
    np.savez_compressed(folder / files["data"], **arrays)
    return {
        "name": picture.name,
        "title": picture.title,
        "caption": picture.caption,
        "files": files,
        "arrays": {name: what for name, (_, what) in picture.arrays.items()},
        "facts": picture.facts,
    }


def _drawn(entry: dict[str, Any], folder: Path) -> Drawn:
    files = {name: folder / file for name, file in entry["files"].items()}
    texts = {name: entry[name] for name in ("name", "title", "caption", "facts")}
    return Drawn(**files, **texts)
