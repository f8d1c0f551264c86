"""The library's sentences about Python's arguments, as sentences about options.

`steps is 0` becomes `--steps is 0`, `backend='auto'` becomes `--backend auto`, `Uniform.capacity`
becomes `--agent.replay.capacity`, `replay.Latest(n_step=1)` becomes `--agent.replay latest
--agent.replay.n-step 1`, and `qlax.resume('here')` becomes `qlax resume here`.
"""

import ast
import contextlib
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from qlax import config
from qlax.cli.words import kebab
from qlax.errors import UsageError

_COMMANDS = ("resume", "train")
# The agent's field that the parts of a module belong to.
_SLOTS = {
    "actions": "actions",
    "bootstraps": "bootstrap",
    "explorers": "explorer",
    "heads": "head",
    "memories": "memory",
    "networks": "network",
    "observations": "observation",
    "optimizers": "optimizer",
    "replay": "replay",
    "rewards": "reward",
    "targets": "target",
}
_ARGUMENTS = (
    {
        name: f"--{name.replace('_', '-')}"
        for name in (
            "backend",
            "checkpoint_every",
            "step_timeout",
            "episodes",
            "eval_episodes",
            "eval_every",
            "log",
            "stop",
            "out",
            "seed",
            "seeds",
            "steps",
        )
    }
    | {"metrics": "--metric"}
    | {
        name: f"--agent.{name.replace('_', '-')}"
        for name in (
            "discount",
            "learning_starts",
            "num_envs",
            "time_limit",
            "update_every",
            "updates",
        )
    }
)
_VALUE = r"(?:=(?P<{0}>'[^']*'|…|[^\s,;:()]*\w))?"
_PATTERN = re.compile(
    "|".join(
        (
            r"`?qlax\.(?P<command>\w+)\((?P<inside>[^()]*)\)`?",
            rf"\b(?P<part>(?:{'|'.join(_SLOTS)})\.[A-Z]\w*(?:\((?:[^()]|\([^()]*\))*\))?)",
            r"(?<![-./\w])[aA]gent\.(?P<path>[a-z]\w*(?:\.[a-z]\w*)*)"
            + _VALUE.format("path_value"),
            r"(?<![-./\w])(?P<owner>[A-Z]\w*)\.(?P<field>[a-z]\w*)" + _VALUE.format("field_value"),
            r"`(?P<quoted>[a-z_]+)`",
            r"(?<![-./\w(])(?P<name>[a-z_]+)=(?P<value>'[^']*'|…|[^\s,;:()]*\w)",
            r"^(?P<subject>[a-z_]+)(?= is\b)",
        )
    )
)


def in_options(sentence: str, agent: Any = None, names: Mapping[str, str] | None = None) -> str:
    """Return a sentence with options in place of Python's arguments.

    Args:
        sentence: What the library says.
        agent: The agent that it may speak of: where `Uniform.capacity` is to be found.
        names: What a command calls arguments that not all commands have.
    """
    arguments = {**_ARGUMENTS, **(names or {})}
    paths = {} if agent is None else dict(_parts_of(agent))

    def translated(found: re.Match) -> str:
        of = found.groupdict()
        whole = found.group()
        if of["command"]:
            return _command(of["command"], of["inside"]) or whole
        if of["part"]:
            return _exchanged(of["part"]) or whole
        if of["path"]:
            return _with_value(_option(of["path"]), of["path_value"])
        if of["owner"]:
            path = paths.get(of["owner"])
            here = None if path is None else _option(f"{path}.{of['field']}")
            return whole if here is None else _with_value(here, of["field_value"])
        option = arguments.get(of["quoted"] or of["name"] or of["subject"])
        return whole if option is None else _with_value(option, of["value"])

    return _PATTERN.sub(translated, sentence)


@contextlib.contextmanager
def speaking_of(agent: Any) -> Iterator[None]:
    """Translate a `UsageError` of the block, which may speak of an agent's parts."""
    try:
        yield
    except UsageError as error:
        raise UsageError(in_options(str(error), agent)) from error


def _parts_of(part: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Return the name of each part in an agent, and its path there; the outer ones come last."""
    for entry in config.fields_of(part):
        inner = getattr(part, entry.name)
        if config.is_part(inner):
            yield from _parts_of(inner, f"{path}{entry.name}.")
            yield type(inner).__name__, path + entry.name


def _option(path: str) -> str:
    return f"--agent.{path.replace('_', '-')}"


def _with_value(option: str, value: str | None) -> str:
    return option if value is None else f"{option} {value.strip(chr(39))}"


def _command(command: str, inside: str) -> str | None:
    """Return the command that does the same as a call with a single string."""
    if command not in _COMMANDS:
        return None
    try:
        word = ast.literal_eval(inside)
    except (ValueError, SyntaxError):
        return None
    return f"`qlax {command} {shlex.quote(word)}`" if isinstance(word, str) else None


def _exchanged(source: str) -> str | None:
    """Return the options that exchange a part, given as source text."""
    try:
        tree = ast.parse(source, mode="eval").body
    except SyntaxError:
        return None
    module = source.partition(".")[0]
    return " ".join(_words(tree, _SLOTS[module]))


def _words(tree: ast.expr, path: str) -> Iterator[str]:
    """Return the options that give a field the value that source text stands for."""
    given = tree.keywords if isinstance(tree, ast.Call) else []
    named = tree.func if isinstance(tree, ast.Call) else tree
    if isinstance(named, ast.Attribute):
        yield f"{_option(path)} {kebab(named.attr)}"
    else:
        yield f"{_option(path)} {ast.unparse(tree)}"
    for keyword in given:
        yield from _words(keyword.value, f"{path}.{keyword.arg}")
