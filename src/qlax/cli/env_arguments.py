"""`--env.is-slippery false`: arguments of an environment, typed, from the words."""

import inspect
import json
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qlax.envs import gymnax_own
from qlax.envs.registry import arguments_of, maker_of
from qlax.errors import UsageError
from qlax.runs.folder import read_config

PREFIX = "--env."
_WORDS = {"true": True, "false": False, "none": None, "null": None}


def arguments(env: str, words: Sequence[str]) -> dict[str, Any]:
    """Return the arguments of an environment that words such as `--env.map-name 8x8` name.

    A dot leads into an argument that is a dict: `--env.config.lanes 3`. Values are numbers, `true`,
    `false`, `none`, JSON or, failing these, text; where the environment says that it wants text,
    they are text.

    Args:
        env: Its id.
        words: The words, from the first that begins with `--env.`.

    Raises:
        UsageError: if a value is missing, or one name is both a value and a dict.
    """
    named: dict[str, Any] = {}
    wanting_text = _texts(env) if words else ()
    for path, value in _pairs(words):
        *above, last = path
        inside = named
        for name in above:
            inside = inside.setdefault(name, {})
            if not isinstance(inside, dict):
                raise UsageError(f"{PREFIX}{'.'.join(path)}: {name} has a value already.")
        is_text = not above and last in wanting_text
        inside[last] = value if is_text else _read(value)
    return named


def arguments_of_run(folder: Path, words: Sequence[str]) -> dict[str, Any]:
    """Return what `arguments` does, for the environment of a run or of several seeds.

    Raises:
        UsageError: as `arguments`, or if the run cannot be read.
    """
    if not words:
        return {}
    config = read_config(folder)
    if "seeds" in config:
        config = read_config(folder / f"seed-{config['seeds'][0]}")
    return arguments(str(config.get("env") or ""), words)


def _pairs(words: Sequence[str]) -> list[tuple[list[str], str]]:
    """Return dotted names and values."""
    pairs = []
    rest = list(words)
    while rest:
        option, joined, value = rest.pop(0).partition("=")
        if not option.startswith(PREFIX) or option == PREFIX:
            raise UsageError(f"{option} stands alone: {PREFIX}NAME VALUE sets one argument.")
        if not joined:
            if not rest or rest[0].startswith(PREFIX):
                raise UsageError(f"{option} has no value: {option} VALUE.")
            value = rest.pop(0)
        pairs.append((option.removeprefix(PREFIX).replace("-", "_").split("."), value))
    return pairs


def _read(word: str) -> Any:
    if word.lower() in _WORDS:
        return _WORDS[word.lower()]
    try:
        return json.loads(word)
    except ValueError:
        return word


def _texts(env: str) -> list[str]:
    """Return the arguments of an environment that are text, by their types or what they are now."""
    make = gymnax_own.maker_of(env) if gymnax_own.has(env) else maker_of(env)
    if make is None or arguments_of(make) == []:
        return []
    try:
        parameters = inspect.signature(make).parameters.values()
    except (TypeError, ValueError):
        return []
    return [parameter.name for parameter in parameters if _is_text(parameter)]


def _is_text(parameter: inspect.Parameter) -> bool:
    hint = parameter.annotation
    arms = {str(arm) for arm in typing.get_args(hint) or (hint,)} - {"<class 'NoneType'>"}
    named = arms <= {"<class 'str'>", "str", "str | None"} and hint is not parameter.empty
    return isinstance(parameter.default, str) or named
