"""What a command takes, read from its dataclass: for help and for completion."""

import dataclasses
import typing
from pathlib import Path
from typing import Any, NamedTuple

import docstring_parser
import tyro

_NAMES: dict[Any, str] = {int: "INT", float: "FLOAT", str: "TEXT", Path: "PATH"}


class Option(NamedTuple):
    """An option of a command, or a word that it takes by its place."""

    name: str
    """`--agent`; of a place the name of its field."""
    metavar: str
    """What is to be given: `NAME`, `{a,b}`; nothing for an option that stands alone."""
    text: str
    """What it is, a sentence or two."""
    is_place: bool
    """Whether it is given by its place, without a name."""
    is_needed: bool
    """Whether there is no default."""

    @property
    def choices(self) -> list[str]:
        """The words that can be given, where they are few."""
        inside = self.metavar.strip("[]")
        return inside[1:-1].split(",") if inside.startswith("{") and inside.endswith("}") else []


def options_of(command: type) -> list[Option]:
    """Return what a command takes, in its order."""
    texts = {
        entry.arg_name: " ".join((entry.description or "").split())
        for entry in docstring_parser.parse_from_object(command).params
    }
    return [_option(entry, texts.get(entry.name, "")) for entry in dataclasses.fields(command)]


def paragraphs_of(command: type) -> list[str]:
    """Return what a command's docstring says, a line for each paragraph; the first sums it up."""
    said = docstring_parser.parse(command.__doc__ or "")
    whole = "\n\n".join(filter(None, [said.short_description, said.long_description]))
    return [" ".join(one.split()) for one in whole.split("\n\n") if one.strip()]


def _option(entry: dataclasses.Field, text: str) -> Option:
    marks = tuple(getattr(entry.type, "__metadata__", ()))
    shown = {name: value for mark in marks for name, value in _settings(mark).items() if value}
    is_place = tyro.conf.Positional in marks
    is_flag = tyro.conf.FlagCreatePairsOff in marks
    is_needed = entry.default is dataclasses.MISSING
    says_its_default = any(_settings(mark).get("help_behavior_hint") == "" for mark in marks)
    if not is_needed and not says_its_default and entry.default is not None:
        text = f"{text} (default: {entry.default})"
    return Option(
        name=entry.name if is_place else f"--{entry.name.rstrip('_').replace('_', '-')}",
        metavar="" if is_flag else shown.get("metavar") or _metavar(entry.type),
        text=text,
        is_place=is_place,
        is_needed=is_needed,
    )


def _settings(mark: Any) -> dict[str, Any]:
    """Return what `tyro.conf.arg` was given, empty for other marks."""
    is_settings = dataclasses.is_dataclass(mark) and not isinstance(mark, type)
    return {
        name: getattr(mark, name, None) for name in ("metavar", "help_behavior_hint") if is_settings
    }


def _metavar(hint: Any) -> str:
    bare = getattr(hint, "__origin__", hint) if hasattr(hint, "__metadata__") else hint
    if typing.get_origin(bare) is typing.Literal:
        return "{" + ",".join(map(str, typing.get_args(bare))) + "}"
    arms = [arm for arm in typing.get_args(bare) or (bare,) if arm is not type(None)]
    return _NAMES.get(arms[0], "VALUE")
