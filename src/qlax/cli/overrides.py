"""`--agent.replay.capacity 50000`: set any field and exchange any part of an agent."""

import dataclasses
import re
import typing
from typing import Annotated, Any, NamedTuple

import docstring_parser
import tyro

from qlax import config
from qlax.agent import Agent
from qlax.cli.parts import (
    is_kind_of_part,
    kinds_for,
    known_path,
    make_part,
    option_of,
    type_at,
    value_at,
)
from qlax.cli.translation import speaking_of
from qlax.cli.words import kebab, written_out
from qlax.errors import UsageError
from qlax.fields import checked, exchanged


def override(agent: Agent, words: list[str]) -> Agent:
    """Return the agent with the fields set and the parts exchanged that the words name.

    Raises:
        UsageError: if a field or part is unknown, or the agent would be impossible.
        SystemExit: from the parser, after printing help (0) or what was wrong (2).
    """
    # Parts are put in unchecked: whether they can be combined shows once all are there.
    agent, rest = _exchange_parts(agent, words)
    if rest:
        agent = _with_fields(agent, rest)
    with speaking_of(agent):
        made: Agent = checked(agent)
    return made


class _Option(NamedTuple):
    """An option for a field of the agent, or of one of its parts."""

    path: str
    kind: Any
    """Its type, annotated with what help says of it."""
    value: Any
    is_part: bool
    """Whether its value is a part, which words exchange before they are parsed."""
    metavar: str
    """What help shows in place of a value."""
    text: str
    """What it is."""


def _with_fields(agent: Agent, rest: list[str]) -> Agent:
    """Return the agent, unchecked, with the fields set that the words name."""
    options = options_in(agent)
    flat: Any = dataclasses.make_dataclass(
        "AgentFields",
        [(option.path.replace(".", "__"), option.kind, option.value) for option in options],
    )
    parsed = tyro.cli(
        flat,
        prog="qlax train ENV",
        description="Every part of the agent, what it can be exchanged for, and its fields.",
        args=_parseable(agent, rest),
        config=(tyro.conf.AvoidSubcommands, tyro.conf.FlagConversionOff),
        add_help=True,
    )
    for option in options:
        wanted = getattr(parsed, option.path.replace(".", "__"))
        if not option.is_part and wanted != option.value:
            agent = exchanged(agent, option.path, wanted)
    return agent


def _parseable(agent: Agent, words: list[str]) -> list[str]:
    """Return the words as the parser spells them: `none`, `1e6`, `64,64`, a flag alone.

    Raises:
        UsageError: if an option is none.
    """
    made: list[str] = []
    hint: Any = None
    for word, following in zip(words, [*words[1:], "--"], strict=True):
        if word == "--agent.help":
            return ["--help"]
        option, joined, value = word.partition("=")
        if not option.startswith("--"):
            made += _value(word, hint)
            continue
        path = known_path(agent, option.removeprefix("--agent."))
        hint = type_at(agent, path)
        made.append(option_of(path))
        if joined:
            made += _value(value, hint)
        elif hint is bool and following.startswith("--"):
            made.append("True")
    return made


def _value(word: str, hint: Any) -> list[str]:
    arms = typing.get_args(hint) or (hint,)
    if word.lower() == "none":
        return ["None"]
    if typing.get_origin(hint) is tuple:
        return re.sub(r"[\[\](),]", " ", word).split()
    if int in arms:
        return [written_out(word)]
    if bool in arms and word.lower() in ("true", "false"):
        return [word.capitalize()]
    return [word]


def options_in(part: Any, prefix: str = "") -> list[_Option]:
    """Return an option for every part inside a part, and for every field of each."""
    hints = typing.get_type_hints(type(part))
    texts = {
        entry.arg_name: entry.description or ""
        for kind in reversed(type(part).__mro__)
        if dataclasses.is_dataclass(kind)
        for entry in docstring_parser.parse_from_object(kind).params
    }
    found = []
    for entry in config.fields_of(part):
        path, value, hint = prefix + entry.name, getattr(part, entry.name), hints[entry.name]
        text = re.sub(r"\s+", " ", texts.get(entry.name, ""))
        is_part = config.is_part(value) or (value is None and bool(kinds_for(hint)))
        settings: dict[str, Any] = {"name": option_of(path)[2:], "help": text}
        if is_part:
            now = "none" if value is None else kebab(type(value).__name__)
            settings |= {"metavar": _metavar(hint), "help_behavior_hint": f"(now: {now})"}
            shown: Any = Annotated[str, tyro.conf.arg(**settings)]
            found.append(_Option(path, shown, now, True, _metavar(hint), text))
            if value is not None:
                found += options_in(value, f"{path}.")
            continue
        if _is_optional(hint) or kinds_for(hint):
            settings["metavar"] = _metavar(hint)
        if hint is bool:
            settings["metavar"] = "{true,false}"
        if value is None or hint is bool:
            settings["help_behavior_hint"] = f"(default: {str(value).lower()})"
        plain = _without_parts(hint)
        shown = Annotated[plain, tyro.conf.arg(**settings)]
        metavar = settings.get("metavar") or _choices(plain)
        found.append(_Option(path, shown, value, False, metavar, text))
    return found


def _metavar(hint: Any) -> str:
    """Return what may stand after an option: `FLOAT|none`, `{gru,lstm}|none`."""
    arms = typing.get_args(hint) or (hint,)
    numbers = [name for kind, name in ((int, "INT"), (float, "FLOAT")) if kind in arms]
    kinds = ",".join(sorted(kinds_for(hint)))
    return "|".join(
        [*numbers, *([f"{{{kinds}}}"] if kinds else []), *(["none"] * _is_optional(hint))]
    )


def _choices(hint: Any) -> str:
    """Return the words that a field of few words takes: `{online,target}`; else nothing."""
    if typing.get_origin(hint) is typing.Literal:
        return "{" + ",".join(map(str, typing.get_args(hint))) + "}"
    return ""


def _is_optional(hint: Any) -> bool:
    return type(None) in typing.get_args(hint)


def _without_parts(hint: Any) -> Any:
    """Return a field's type without the parts that it may also hold: `float | Schedule` → float."""
    arms = [arm for arm in typing.get_args(hint) if not is_kind_of_part(arm)]
    if typing.get_origin(hint) is typing.Literal or len(arms) == len(typing.get_args(hint)):
        return hint
    return arms[0] if len(arms) == 1 else typing.Union[tuple(arms)]  # noqa: UP007


def _exchange_parts(agent: Agent, words: list[str]) -> tuple[Agent, list[str]]:
    """Carry out every `--agent.part name`; return the other words as they are."""
    rest: list[str] = []
    position = 0
    while position < len(words):
        path, joined, attached = words[position].removeprefix("--agent.").partition("=")
        following = words[position + 1] if position + 1 < len(words) else ""
        value = attached if joined else following
        hint = type_at(agent, path) if words[position].startswith("--agent.") else None
        if not kinds_for(hint) or not _exchanges(hint, value, value_at(agent, path)):
            rest.append(words[position])
            position += 1
            continue
        agent = exchanged(agent, known_path(agent, path), _part_or_number(agent, path, value))
        position += 1 if joined else 2
    return agent, rest


def _exchanges(hint: Any, value: str, now: Any) -> bool:
    """Return whether a word names a part, rather than a number for the parser."""
    takes_number = float in typing.get_args(hint)
    return config.is_part(now) or now is None or not takes_number or _is_name(value)


def _part_or_number(agent: Agent, path: str, value: str) -> Any:
    """Return the part that a word names, a number that replaces a schedule, or None.

    Raises:
        UsageError: if the field at the path takes nothing of that kind.
    """
    hint = type_at(agent, path)
    if value.lower() == "none" and _is_optional(hint):
        return None
    if _is_name(value) and value.lower() != "none":
        return make_part(agent, path, value)
    takes_number = float in typing.get_args(hint)
    try:
        number = float(value) if takes_number else None
    except ValueError:
        number = None
    if number is None:
        kinds = ", ".join(sorted(kinds_for(hint)))
        what = f"a number, or one of {kinds}" if takes_number else f"one of {kinds}"
        if not value or value.startswith("--"):
            raise UsageError(f"{option_of(path)} needs {what}.")
        raise UsageError(f"{option_of(path)} is {value!r}, but must be {what}.")
    return number


def _is_name(value: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9_\-]*(:.*)?", value)) and value.lower() not in (
        "inf",
        "nan",
    )
