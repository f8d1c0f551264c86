"""Parts of an agent as the command line names them: `--agent.replay prioritised`."""

import copy
import dataclasses
import sys
import typing
from typing import Any

from qlax import config
from qlax.agent import Agent
from qlax.cli import familiar
from qlax.cli.words import kebab
from qlax.errors import UsageError, nearest


def option_of(path: str) -> str:
    """Return the option of the field at a dotted path."""
    return f"--agent.{path.replace('_', '-')}"


def is_kind_of_part(kind: Any) -> bool:
    """Return whether a type is a kind of part: a protocol, or a dataclass."""
    return bool(getattr(kind, "_is_protocol", False)) or dataclasses.is_dataclass(kind)


def kinds_for(hint: Any) -> dict[str, type]:
    """Return the parts of qlax that fit a field of this type, by their names as words.

    They live where the field's protocol does: in its file if there are any, such as
    `heads/streams.py` for `Stream`, else in its package.
    """
    for kind in typing.get_args(hint) or (hint,):
        package, _, module = getattr(kind, "__module__", "").partition(".")
        if package != "qlax" or not is_kind_of_part(kind):
            continue
        found = config.part_classes(module.partition(".")[0])
        beside = {name: part for name, part in found.items() if part.__module__ == kind.__module__}
        files = {other.__module__ for other in _protocols(found)}
        apart = {name: part for name, part in found.items() if part.__module__ not in files}
        fitting = beside or {name: part for name, part in apart.items() if _fits(part, kind)}
        return {kebab(name): part for name, part in fitting.items()}
    return {}


def _fits(part: type, protocol: Any) -> bool:
    try:
        return issubclass(part, protocol)
    except TypeError:  # a protocol with more than methods says so of objects alone
        return isinstance(part(), protocol)


def _protocols(found: dict[str, type]) -> list[type]:
    """Return the protocols that are defined in the files of some parts."""
    modules = {sys.modules[part.__module__] for part in found.values()}
    return [
        kind
        for module in modules
        for kind in vars(module).values()
        if getattr(kind, "_is_protocol", False) and kind.__module__ == module.__name__
    ]


def type_at(agent: Agent, path: str) -> Any:
    """Return the type of the field at a path; None if there is no such field."""
    parent, _, field = path.replace("-", "_").rpartition(".")
    part: Any = agent
    for name in filter(None, parent.split(".")):
        part = getattr(part, name, None)
    if not config.is_part(part) or field not in {entry.name for entry in config.fields_of(part)}:
        return None
    return typing.get_type_hints(type(part))[field]


def value_at(agent: Agent, path: str) -> Any:
    """Return what the field at a path holds."""
    value: Any = agent
    for name in known_path(agent, path).split("."):
        value = getattr(value, name)
    return value


def known_path(agent: Agent, path: str) -> str:
    """Return the path with underscores if it leads to a field.

    Raises:
        UsageError: if it does not; the sentence says which field may be meant.
    """
    part: Any = agent
    names = path.replace("-", "_").split(".")
    for position, name in enumerate(names):
        known = [entry.name for entry in config.fields_of(part)] if config.is_part(part) else []
        if name not in known:
            above = ".".join(names[:position])
            raise UsageError(
                f"There is no option {option_of(path)}. {_meant(agent, part, above, name, known)}"
            )
        part = getattr(part, name)
    return ".".join(names)


def _meant(agent: Agent, part: Any, above: str, name: str, known: list[str]) -> str:
    """Return a sentence that suggests an option for a misspelt field."""
    others = kinds_for(type_at(agent, above)) if above else {}
    having = [
        word
        for word, kind in others.items()
        if name in {entry.name for entry in dataclasses.fields(kind)}
    ]
    if having:
        now = "it is none now" if part is None else f"{type(part).__name__} has no such field"
        return f"{now}; {option_of(above)} {' or '.join(having)} has it."
    meant = familiar.OPTIONS.get(name.replace("_", "-"))
    if meant is not None and meant.startswith("--agent."):
        return f"Did you mean {meant}?"
    prefix = f"{above}." if above else ""
    options = [option_of(prefix + field) for field in known]
    if not options and part is None:
        return f"The agent has no {above.rpartition('.')[2]}."
    if not options:
        return f"{option_of(above)} is {part!r}, which has no fields."
    own = f"{type(part).__name__} has {', '.join(options)}." if above else ""
    otherwise = own or "`qlax train ENV --agent.help` lists all fields."
    return nearest(option_of(prefix + name), options, otherwise)


def make_part(agent: Agent, path: str, word: str) -> Any:
    """Return the part that a word names, as it is by default, for the field at a path.

    A part may say which of its fields a number behind a colon is for: `grid:9` is
    `Grid(points=9)`.

    Raises:
        UsageError: if there is none of that name, or its number is none.
    """
    kinds = kinds_for(type_at(agent, path))
    word, colon, number = word.partition(":")
    wanted = kebab(word)
    dashless = {name.replace("-", ""): name for name in kinds}
    found = dashless.get(wanted.replace("-", ""))
    if found is not None:
        try:
            made = kinds[found]()
        except (TypeError, UsageError):
            raise UsageError(
                f"{option_of(path)} {found} needs settings that the command line cannot give: "
                "make the agent in Python."
            ) from None
        return _with_number(made, f"{option_of(path)} {found}", number) if colon else made
    meant = familiar.PARTS.get(wanted, "")
    if meant in kinds or meant.startswith("--"):
        hint = f"Did you mean {meant}?"
    else:
        hint = nearest(wanted, kinds, f"There are {', '.join(sorted(kinds))}.")
    raise UsageError(f"There is no {path.rpartition('.')[2].replace('_', ' ')} {word!r}. {hint}")


def _with_number(part: Any, option: str, text: str) -> Any:
    """Return a part with the number, or the numbers with commas between, that stood after it."""
    field = getattr(part, "shorthand", None)
    if field is None:
        raise UsageError(f"{option} takes no number after a colon, but {text!r} stands there.")
    try:
        numbers = tuple(int(entry) for entry in text.split(","))
    except ValueError:
        raise UsageError(
            f"{option}:{text} must have a whole number after the colon, or several with commas "
            "between."
        ) from None
    made = copy.copy(part)  # which is checked once all parts are there
    object.__setattr__(made, field, numbers if len(numbers) > 1 else numbers[0])
    return made
