"""The words of a command line, corrected or refused before they are parsed."""

import dataclasses
import math
import re
import typing
from collections.abc import Mapping
from typing import Any

import tyro

from qlax.cli.familiar import COMMANDS, DEVICES, OPTIONS
from qlax.errors import UsageError, nearest

_WITH_EXPONENT = re.compile(r"[+-]?\d[\d_]*(\.\d*)?[eE]\+?\d{1,2}|[+-]?\d+\.0*")


def kebab(name: str) -> str:
    """Return a class's name as options have it: `LambdaReturn` as `lambda-return`."""
    return re.sub(
        r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name.replace("_", "-")
    ).lower()


def require_words(words: list[str], commands: Mapping[str, Any]) -> list[str]:
    """Return a command's words, with `1e5` as `100000` wherever an option takes a whole number.

    Raises:
        UsageError: if there is no such command, option or place for a word, with a suggestion.
    """
    _require_command(words, commands)
    command = commands[words[0]]
    words = whole_numbers(words, command)
    _require_options(words, command)
    return words


def whole_numbers(words: list[str], command: Any) -> list[str]:
    """Return the words with `1e5` as `100000` wherever an option takes a whole number."""
    whole = {_option(entry) for entry in dataclasses.fields(command) if _is_whole(entry)}
    made: list[str] = []
    for word in words:
        option, joined, value = word.partition("=")
        if joined and option.replace("_", "-") in whole:
            made.append(f"{option}={_whole(option, value)}")
        elif made and made[-1].replace("_", "-") in whole:
            made.append(_whole(made[-1], word))
        else:
            made.append(word)
    return made


def written_out(word: str) -> str:
    """Return `100000` for `1e5`; any other word as it is."""
    if not _WITH_EXPONENT.fullmatch(word):
        return word
    number = float(word)
    return str(int(number)) if number.is_integer() else word


def _whole(option: str, word: str) -> str:
    """Return an option's value as a whole number, or refuse it."""
    number = written_out(word)
    if word.startswith("--") or re.fullmatch(r"[+-]?\d[\d_]*", number):
        return number
    short = re.fullmatch(r"(\d+)([kKM])", word)
    zeros = {"k": "000", "K": "000", "M": "000000"}
    example = short[1] + zeros[short[2]] if short else "3" if option == "--seeds" else "1000"
    raise UsageError(f"{option} is {word!r}, but must be a whole number, such as {example}.")


def _require_command(words: list[str], commands: Mapping[str, Any]) -> None:
    """Raise `UsageError` with a suggestion if the first word is not a command."""
    word = words[0]
    if word in commands:
        return
    if word.startswith("-"):
        raise UsageError(f"{word} stands before the command: `qlax COMMAND {word}`.")
    if word in COMMANDS:
        hint = f"Did you mean `{COMMANDS[word]}`?"
    elif re.search(r"-v\d+$", word):
        hint = f"Did you mean `qlax train {word}`?"
    else:
        hint = nearest(word, commands, f"There are {', '.join(commands)}.")
    raise UsageError(f"There is no command {word!r}. {hint}")


def _require_options(words: list[str], command: Any) -> None:
    """Raise `UsageError` with a suggestion for an option or a word that a command does not take."""
    name, fields = words[0], dataclasses.fields(command)
    options = {_option(entry) for entry in fields if not _is_place(entry)}
    places = sum(_places(entry) for entry in fields)
    flags = {_option(entry) for entry in fields if _is_flag(entry)}
    at, seen = 1, 0
    while at < len(words):
        option, joined, _ = words[at].partition("=")
        option = option.replace("_", "-")
        if option in ("-h", "--help"):
            return
        if not option.startswith("--"):
            seen += 1
            if seen > places:
                raise UsageError(_surplus(name, words[at]))
        elif option not in options:
            raise UsageError(f"There is no option {option}. {_meant(name, option, options)}")
        elif not joined and option not in flags:
            at += 1
        at += 1
    _require_places(name, command, seen)


def _require_places(name: str, command: Any, given: int) -> None:
    """Raise `UsageError` with what is missing if a command needs more words than it was given."""
    needed = [entry for entry in dataclasses.fields(command) if _is_place(entry)]
    needed = [entry for entry in needed if entry.default is dataclasses.MISSING]
    if given >= len(needed):
        return
    from qlax.cli.options import options_of

    missing = next(one for one in options_of(command) if one.name == needed[given].name)
    said = re.sub(r"^The\b", "the", missing.text)
    raise UsageError(f"`qlax {name}` needs {missing.metavar}: {said}")


def _option(entry: dataclasses.Field) -> str:
    """Return the option of a field."""
    return f"--{entry.name.rstrip('_').replace('_', '-')}"


def _places(entry: dataclasses.Field) -> float:
    """Return how many words a field takes that stand alone."""
    if not _is_place(entry):
        return 0
    return math.inf if typing.get_origin(_bare(entry)) in (tuple, list) else 1


def _is_place(entry: dataclasses.Field) -> bool:
    """Return whether a field is positional."""
    return tyro.conf.Positional in _marks(entry)


def _is_flag(entry: dataclasses.Field) -> bool:
    return tyro.conf.FlagCreatePairsOff in _marks(entry)


def _is_whole(entry: dataclasses.Field) -> bool:
    """Return whether a field takes a whole number, or None."""
    return _bare(entry) in (int, int | None)


def _marks(entry: dataclasses.Field) -> tuple[Any, ...]:
    return tuple(getattr(entry.type, "__metadata__", ()))


def _bare(entry: dataclasses.Field) -> Any:
    """Return a field's type without what is noted beside it."""
    return getattr(entry.type, "__origin__", entry.type) if _marks(entry) else entry.type


def _meant(command: str, option: str, options: set[str]) -> str:
    """Return a sentence that suggests an option."""
    bare = option[2:]
    if bare in DEVICES:
        return (
            "JAX takes the GPU if there is one and its CUDA extra is installed; JAX_PLATFORMS=cpu "
            "before the command keeps to the CPU."
        )
    familiar = OPTIONS.get(bare)
    if familiar is not None and command == "train":
        return f"Did you mean {familiar}?"
    otherwise = f"`qlax {command}` has {', '.join(sorted(options))}." if options else ""
    return nearest(option, options, otherwise or f"`qlax {command}` has no options.")


def _surplus(command: str, word: str) -> str:
    """Return a sentence about a positional word too many."""
    if command == "train":
        return f"{word!r} stands alone: an agent is named by --agent {word}."
    return f"{word!r} is one word too many for `qlax {command}`."
