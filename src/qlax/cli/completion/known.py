"""What completion knows: kept in a file, so that an answer needs neither JAX nor the parser."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, TypedDict

from qlax._version import __version__

_FORMAT = 1
_SECONDS_TO_BUILD = 120.0
"""After which another process may try to gather what is known."""


class OptionKnown(TypedDict):
    """An option, or a place, of a command."""

    name: str
    metavar: str
    text: str
    is_place: bool


class CommandKnown(TypedDict):
    """A command."""

    text: str
    takes: list[str]
    options: list[OptionKnown]


class Known(TypedDict):
    """Everything."""

    key: str
    commands: dict[str, CommandKnown]
    agents: dict[str, str]
    """What each named agent is."""
    environments: list[str]
    fields: dict[str, dict[str, list[str]]]
    """Of each named agent the paths of its fields, what they take, and what they are."""
    parts: dict[str, dict[str, list[str]]]
    """Those of the part in `replay=prioritised`, relative to it."""


def path() -> Path:
    """Return the file, in the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(home) / "qlax" / "completion.json"


def key() -> str:
    """Return what changes with qlax, its commands and the packages that are installed."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    places = (
        Path(sys.prefix) / "lib" / version / "site-packages",
        Path(sys.prefix) / "Lib" / "site-packages",
        Path(__file__).parent.parent / "commands",
        Path(__file__).parent.parent.parent / "presets",
    )
    times = [str(place.stat().st_mtime_ns) for place in places if place.exists()]
    return "/".join([str(_FORMAT), __version__, sys.prefix, *times])


def known() -> Known:
    """Return what is known, perhaps of an older qlax; what is missing is gathered meanwhile."""
    found = _read()
    if found is None or found["key"] != key():
        gather_meanwhile()
    return found or without_jax()


def without_jax() -> Known:
    """Return what is known of the commands alone."""
    from qlax.cli.commands import COMMANDS
    from qlax.cli.options import options_of, paragraphs_of

    commands: dict[str, CommandKnown] = {}
    for name, command in COMMANDS.items():
        options: list[OptionKnown] = [
            {
                "name": option.name,
                "metavar": option.metavar,
                "text": option.text,
                "is_place": option.is_place,
            }
            for option in options_of(command)
        ]
        text = paragraphs_of(command)[0]
        commands[name] = {"text": text, "takes": sorted(command.takes), "options": options}
    return {
        "key": "",
        "commands": commands,
        "agents": {},
        "environments": [],
        "fields": {},
        "parts": {},
    }


def gather_meanwhile() -> None:
    """Let another process gather what is to be known, unless one does already."""
    if not _is_current() and _may_build():
        import subprocess

        process = subprocess.Popen(
            [sys.executable, "-m", "qlax.cli.completion.gathering"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        _outliving.append(process)


_outliving: list[Any] = []
"""Processes that go on when this one ends: Python would warn of one that is forgotten."""


def write(document: Known) -> None:
    """Keep what is known, whole or not at all."""
    aside = path().with_name(f".{path().name}.{os.getpid()}")
    aside.write_text(json.dumps(document))
    aside.replace(path())


def _read() -> Known | None:
    try:
        document: Any = json.loads(path().read_text())
    except (OSError, ValueError):
        return None
    is_ours = isinstance(document, dict) and Known.__annotations__.keys() <= document.keys()
    return document if is_ours else None


def _is_current() -> bool:
    found = _read()
    return found is not None and found["key"] == key()


def _may_build() -> bool:
    """Return whether this process is the first to ask, by a file that stands for the work."""
    mark = path().with_suffix(".gathering")
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        if mark.exists() and time.time() - mark.stat().st_mtime > _SECONDS_TO_BUILD:
            mark.unlink()
        mark.touch(exist_ok=False)
    except OSError:
        return False
    return True
