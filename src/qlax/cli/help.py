"""`qlax --help` and `qlax COMMAND --help`."""

import shutil
from collections.abc import Mapping
from textwrap import fill

from qlax.cli.commands.core import GROUPS, Command
from qlax.cli.options import Option, options_of, paragraphs_of

_ABOUT = "Q-learning done right: from a Q-table to deep agents, compiled by JAX."
_FIRST = "The main job:  qlax train MountainCar-v0"
_WIDEST = 100
_FIRST_COLUMN = 24
"""Letters of the column with options; those that are longer get a line of their own."""


def asks_for_help(words: list[str], commands: Mapping[str, type[Command]]) -> bool:
    """Return whether the words of a command line ask for help instead of a command."""
    if not words:
        return True
    is_known = words[0].startswith("-") or words[0] in commands
    return is_known and any(word in ("-h", "--help") for word in words)


def print_help(words: list[str], commands: Mapping[str, type[Command]]) -> None:
    """Print the help of the command that the words begin with, or of all."""
    found = commands.get(words[0]) if words else None
    lines = _of_all(commands) if found is None else _of(words[0], found)
    print("\n".join(lines))


def _of_all(commands: Mapping[str, type[Command]]) -> list[str]:
    """Return what there is, by what it is for."""
    lines = ["usage: qlax COMMAND …", "", *_filled(_ABOUT), "", _FIRST]
    column = max(map(len, commands)) + 4
    for title in GROUPS:
        inside = [name for name, command in commands.items() if command.group == title]
        if inside:
            lines += ["", f"{title}:"]
        for name in inside:
            lines += _entry(name, paragraphs_of(commands[name])[0], column)
    note = "`qlax COMMAND --help` says what it takes. `qlax --version` says which qlax this is."
    return [*lines, "", *_filled(note)]


def _of(name: str, command: type[Command]) -> list[str]:
    """Return what a command does and takes."""
    options = options_of(command)
    places = [option for option in options if option.is_place]
    named = [option for option in options if not option.is_place]
    words = " ".join(["qlax", name, *(place.metavar for place in places)])
    lines = [f"usage: {words}{' [OPTIONS]' if named else ''}"]
    for paragraph in paragraphs_of(command):
        lines += ["", *_filled(paragraph)]
    if places:
        lines.append("")
    for place in places:
        lines += _entry(place.metavar, place.text, _FIRST_COLUMN)
    if named:
        lines += ["", "options:"]
    for option in named:
        lines += _entry(_shown(option), option.text, _FIRST_COLUMN)
    return lines


def _shown(option: Option) -> str:
    return f"{option.name} {option.metavar}".rstrip()


def _entry(name: str, text: str, column: int) -> list[str]:
    """Return a name with what it means beside it, or below where the name is long."""
    room = _width() - column
    if room < 24:  # a narrow terminal
        return [f"  {name}", *_filled(text, "      ")]
    beside = _filled(text, " " * column)
    if len(name) + 4 > column:
        return [f"  {name}", *beside]
    return (
        [f"  {name}".ljust(column) + beside[0].lstrip(), *beside[1:]] if beside else [f"  {name}"]
    )


def _filled(text: str, indent: str = "") -> list[str]:
    return fill(
        text,
        _width(),
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    ).splitlines()


def _width() -> int:
    return min(shutil.get_terminal_size().columns, _WIDEST)
