"""`--agent.replay.capacity 50000`: any field of any part of an agent, typed, from the words."""

import copy
import dataclasses
import re
import typing
from typing import Annotated, Any

import docstring_parser
import tyro

from qlax import config
from qlax.agent import Agent
from qlax.errors import UsageError, nearest


def override(agent: Agent, words: list[str]) -> Agent:
    """Return the agent with the fields set, and the parts exchanged, that the words name.

    Raises:
        UsageError: if a field or part is unknown, or the agent would be impossible.
        SystemExit: from the parser, after printing help (0) or what was wrong (2).
    """
    # Parts are put in unchecked: which go together shows when all are there.
    agent, rest = _exchange_parts(agent, words)
    if rest:
        agent = _with_fields(agent, rest)
    checked: Agent = _checked(agent)
    return checked


def _with_fields(agent: Agent, rest: list[str]) -> Agent:
    """Return the agent, unchecked, with the fields set that the words name."""
    plain = [word.removeprefix("--agent.") if word == "--agent.help" else word for word in rest]
    options = _options(agent)
    flat: Any = dataclasses.make_dataclass(
        "AgentFields", [(name.replace(".", "__"), kind, value) for name, kind, value in options]
    )
    words_by_field = ["--help" if word == "help" else _python_none(word) for word in plain]
    _check_names(words_by_field, [name for name, _, _ in options])
    parsed = tyro.cli(
        flat,
        prog="qlax train ENV",
        description="Every field of the agent, with its value now.",
        args=words_by_field,
        config=(tyro.conf.AvoidSubcommands,),
        add_help=True,
    )
    for name, _, value in options:
        wanted = getattr(parsed, name.replace(".", "__"))
        if wanted != value:
            agent = _unchecked(agent, name, wanted)
    return agent


def _python_none(word: str) -> str:
    """Return the word with `none`, as a value, the way the parser spells it."""
    return re.sub(r"^(--[^=]*=)?none$", r"\1None", word)


def _unchecked(part: Any, path: str, new: Any) -> Any:
    """Return a copy with the entry at a dotted path exchanged, whether it fits or not."""
    head, _, rest = path.partition(".")
    changed = copy.copy(part)  # which makes no new part, and so checks nothing
    entry = _unchecked(getattr(part, head), rest, new) if rest else new
    object.__setattr__(changed, head, entry)
    return changed


def _checked(part: Any) -> Any:
    """Return the part made anew from parts made anew, which checks them all."""
    inner = {entry.name: getattr(part, entry.name) for entry in config.fields_of(part)}
    made = {name: _checked(value) for name, value in inner.items() if config.is_part(value)}
    return dataclasses.replace(part, **made)


def _options(part: Any, prefix: str = "") -> list[tuple[str, Any, Any]]:
    """Return (dotted name, annotated type, value) of every field that is not itself a part."""
    hints = typing.get_type_hints(type(part))
    texts = {
        entry.arg_name: entry.description or ""
        for entry in docstring_parser.parse_from_object(type(part)).params
    }
    found = []
    for entry in config.fields_of(part):
        name, value = prefix + entry.name, getattr(part, entry.name)
        if config.is_part(value):
            found += _options(value, f"{name}.")
            continue
        hint = _without_parts(hints[entry.name])
        text = re.sub(r"\s+", " ", texts.get(entry.name, ""))
        kind = Annotated[hint, tyro.conf.arg(name=f"agent.{name}", help=text)]  # type: ignore[valid-type]
        found.append((name, kind, value))
    return found


def _without_parts(hint: Any) -> Any:
    """Return a field's type without the parts that it may also hold: `float | Schedule` → float."""
    arms = [arm for arm in typing.get_args(hint) if not _is_kind_of_part(arm)]
    if typing.get_origin(hint) is typing.Literal or len(arms) == len(typing.get_args(hint)):
        return hint
    return arms[0] if len(arms) == 1 else typing.Union[tuple(arms)]  # noqa: UP007


def _is_kind_of_part(kind: Any) -> bool:
    return bool(getattr(kind, "_is_protocol", False)) or dataclasses.is_dataclass(kind)


def _exchange_parts(agent: Agent, words: list[str]) -> tuple[Agent, list[str]]:
    """Carry out every `--agent.part name`; return the other words as they are."""
    rest: list[str] = []
    position = 0
    while position < len(words):
        path, joined, attached = words[position].removeprefix("--agent.").partition("=")
        following = words[position + 1] if position + 1 < len(words) else ""
        value = attached if joined else following
        is_option = words[position][:2] == "--"
        new = _part_or_number(agent, path, value) if is_option else None
        removed = is_option and value.lower() == "none" and _may_be_left_out(agent, path)
        if new is None and not removed:
            rest.append(words[position])
            position += 1
        else:
            agent = _unchecked(agent, _known_path(agent, path), new)
            position += 1 if joined else 2
    return agent, rest


def _part_or_number(agent: Agent, path: str, value: str) -> Any:
    """Return the part that a word names, a number that replaces a schedule, or None."""
    module = _module_of_parts(agent, path)
    if module is None:
        return None
    if _is_name(value):
        return _make_part(path.rpartition(".")[2], module, value)
    if module == "schedules" and config.is_part(_value_at(agent, path)):
        try:
            return float(value)
        except ValueError:
            raise UsageError(
                f"--agent.{path} is {value!r}, but must be a number or a schedule."
            ) from None
    return None


def _may_be_left_out(agent: Agent, path: str) -> bool:
    """Return whether there is a part at a path that an agent can do without, such as a memory."""
    arms = typing.get_args(_type_at(agent, path))
    return type(None) in arms and config.is_part(_value_at(agent, path))


def _module_of_parts(agent: Agent, path: str) -> str | None:
    """Return the module of qlax whose parts fit the field at a path; None if none do.

    It is where the field's protocol lives: `explorers` for `Explorer`, `heads` for `Rescaling`.
    """
    hint = _type_at(agent, path)
    for arm in typing.get_args(hint) or (hint,):
        package, _, module = getattr(arm, "__module__", "").partition(".")
        if package == "qlax" and _is_kind_of_part(arm):
            return str(module.partition(".")[0])
    return None


def _type_at(agent: Agent, path: str) -> Any:
    """Return the type of the field at a path; None if there is no such field."""
    parent, _, field = path.replace("-", "_").rpartition(".")
    part: Any = agent
    for name in filter(None, parent.split(".")):
        part = getattr(part, name, None)
    if not config.is_part(part) or field not in {entry.name for entry in config.fields_of(part)}:
        return None
    return typing.get_type_hints(type(part))[field]


def _value_at(agent: Agent, path: str) -> Any:
    value: Any = agent
    for name in _known_path(agent, path).split("."):
        value = getattr(value, name)
    return value


def _is_name(value: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9_\-]*", value)) and value.lower() != "none"


def _known_path(agent: Agent, path: str) -> str:
    """Return the path with underscores if it leads to a field, or say what the fields are."""
    part: Any = agent
    names = path.replace("-", "_").split(".")
    for name in names:
        known = [entry.name for entry in config.fields_of(part)] if config.is_part(part) else []
        if name not in known:
            hint = nearest(name, known, f"It has {', '.join(known)}." if known else "")
            raise UsageError(f"--agent.{path}: {type(part).__name__} has no {name!r}. {hint}")
        part = getattr(part, name)
    return ".".join(names)


def _make_part(field: str, module: str, name: str) -> Any:
    """Return the part of that name, as it is by default."""
    classes = {_kebab(known): kind for known, kind in config.part_classes(module).items()}
    wanted = _kebab(name)
    if wanted not in classes:
        hint = nearest(wanted, classes, f"There are {', '.join(sorted(classes))}.")
        raise UsageError(f"There is no {field} {name!r}. {hint}")
    return classes[wanted]()


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name.replace("_", "-")).lower()


def _check_names(words: list[str], known: list[str]) -> None:
    """Say which field was meant, if a word names none."""
    names = {f"--agent.{name}".replace("_", "-") for name in known} | {"--help"}
    for word in words:
        if word.startswith("--") and word.partition("=")[0].replace("_", "-") not in names:
            hint = nearest(word, names, "`qlax train ENV --agent.help` lists all fields.")
            raise UsageError(f"The agent has no field {word.partition('=')[0]}. {hint}")
