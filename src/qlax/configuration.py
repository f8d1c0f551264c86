"""What to train as a file that people edit: TOML, or the `config.json` of a run.

A file is data: qlax's own parts are looked up by their names, and nothing in it is executed.
"""

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qlax import config
from qlax.agent import Agent
from qlax.arguments import path_of, refuses_plainly
from qlax.envs.backends import AUTO
from qlax.envs.origin import Origin, checked_arguments
from qlax.errors import UsageError, nearest
from qlax.presets import Preset
from qlax.runs import formats
from qlax.runs.folder import read_json, require_ours

_NONE = "none"
"""What stands for None, which TOML does not have."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """Everything that `qlax.train` is to do; what is None is as it is by default."""

    env: str
    """Gymnasium's id of the environment."""
    env_kwargs: Mapping[str, Any] = field(default_factory=dict)
    """Its arguments."""
    agent_name: str = "custom"
    """What the agent is called."""
    agent: Agent
    """The agent, all of it."""
    steps: int
    """Environment steps, of all environments together."""
    seed: int = 0
    """Seed of everything random."""
    backend: str = AUTO
    """What runs the environment."""
    eval_episodes: int | None = None
    """Episodes of the final evaluation."""
    eval_every: int | None = None
    """Environment steps between evaluations while training."""
    checkpoint_every: int | None = None
    """Environment steps between checkpoints."""
    metrics: str = ""
    """Numbers of the environment's own to keep, info.KEY:max, with commas between."""

    @property
    def preset(self) -> Preset:
        """The agent with its name, as `train` takes it."""
        return Preset(self.agent_name, self.agent, self.steps, False)

    def as_toml(self, texts: Mapping[str, str] | None = None) -> str:
        """Return it as TOML.

        Args:
            texts: What is said of a field beside it, by its dotted path: `agent.replay.capacity`.
        """
        known = _texts_of(type(self)) | dict(texts or {})
        return _as_toml(self.as_plain(), known)

    def as_plain(self) -> dict[str, Any]:
        """Return it as plain values."""
        plain = {
            entry.name: getattr(self, entry.name)
            for entry in dataclasses.fields(self)
            if entry.name not in ("env_kwargs", "agent")
        }
        kwargs = Origin(kwargs=self.env_kwargs).as_json()["env_kwargs"]
        arguments = {"env_kwargs": kwargs} if kwargs else {}
        return plain | arguments | {"agent": config.to_json(self.agent)}


@refuses_plainly
def read_config(path: str | Path) -> dict[str, Any]:
    """Return the arguments of `qlax.train` that a file holds.

    >>> qlax.train(**qlax.read_config("my.toml"))

    Args:
        path: A TOML file, as `qlax config` prints one, or a run's `config.json` or folder.

    Raises:
        UsageError: if it is not there, is damaged, or holds what cannot be trained.
    """
    found = read_configuration(path_of("path", path))
    return {
        "env": found.env,
        "env_kwargs": dict(found.env_kwargs),
        "agent": found.preset,
        **{
            name: getattr(found, name)
            for name in (
                "steps",
                "seed",
                "backend",
                "eval_episodes",
                "eval_every",
                "checkpoint_every",
            )
        },
        "metrics": [name for name in found.metrics.split(",") if name],
    }


def read_configuration(path: Path) -> Configuration:
    """Return the configuration in a file.

    Raises:
        UsageError: as `read_config`.
    """
    path = path / "config.json" if path.is_dir() else path
    if path.suffix == ".json":
        return _of_run(read_json(path), path)
    if path.suffix != ".toml":
        raise UsageError(f"{path} must end in .toml, or be a run's config.json or folder.")
    try:
        document = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise UsageError(f"{path} is not there.") from None
    except (ValueError, OSError, RecursionError) as error:
        raise UsageError(f"{path} is no TOML: {error}.") from None
    require_ours(document, path, finite=False)
    return _checked(document, path)


def _of_run(document: Any, path: Path) -> Configuration:
    """Return the configuration of a run, whose intervals are in iterations."""
    formats.require_format(document, formats.CONFIG, path)
    if "seeds" in document:
        raise UsageError(f"{path} is of several seeds: give that of one of them.")
    origin = Origin.from_json(document, str(path))
    if origin.id is None:
        raise UsageError(
            f"{path} is of a run in an environment of your own, {origin}, which no file can make: "
            "train it from Python."
        )
    names = {entry.name for entry in dataclasses.fields(Configuration)}
    known = {name: value for name, value in document.items() if name in names}
    found = _checked(known, path)
    envs = found.agent.num_envs
    evaluated, saved = found.eval_every, found.checkpoint_every
    is_usual = document.get("eval_is_frugal", True) and evaluated != 0
    return dataclasses.replace(
        found,
        eval_every=None if evaluated is None or is_usual else evaluated * envs,
        checkpoint_every=None if saved is None else saved * envs,
    )


def _checked(document: Mapping[str, Any], path: Path) -> Configuration:
    """Return the configuration that plain values describe."""
    fields = {entry.name: entry for entry in dataclasses.fields(Configuration)}
    for name in document:
        if name not in fields:
            hint = nearest(name, fields, f"It may have {', '.join(fields)}.")
            raise UsageError(f"{path} has {name!r}, which is no setting. {hint}")
    given: dict[str, Any] = {name: _with_none(value) for name, value in document.items()}
    for name, entry in fields.items():
        needed = entry.default is entry.default_factory is dataclasses.MISSING
        if needed and name not in given:
            raise UsageError(f"{path} lacks {name!r}.")
        if name in given and entry.type in _NAMES and not formats.PLAIN[entry.type](given[name]):
            kind = _NAMES[entry.type]
            raise UsageError(f"{path} has {name} {given[name]!r}, but it must be {kind}.")
    given["agent"] = config.part_from_json(given["agent"], Agent, f"agent in {path}")
    kwargs = Origin.from_json({"env": given["env"], "env_kwargs": given.get("env_kwargs", {})}, "")
    given["env_kwargs"] = checked_arguments(kwargs.kwargs)
    return Configuration(**given)


_NAMES: dict[Any, str] = {
    int: "a whole number, 0 or more",
    int | None: f"a whole number, 0 or more, or {_NONE!r}",
    str: "a text",
    Mapping[str, Any]: "a table",
}


def _with_none(value: Any) -> Any:
    """Return plain values with None for what stands for it."""
    if isinstance(value, dict):
        return {name: _with_none(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_with_none(entry) for entry in value]
    return None if value == _NONE else value


def _texts_of(kind: type) -> dict[str, str]:
    """Return the first sentence of what is said of each field of a dataclass."""
    import docstring_parser

    params = docstring_parser.parse_from_object(kind).params
    return {entry.arg_name: (entry.description or "").split("\n")[0] for entry in params}


def _as_toml(document: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    import tomlkit

    written = tomlkit.document()
    _fill(written, document, texts, "")
    return tomlkit.dumps(written)


def _fill(table: Any, document: Mapping[str, Any], texts: Mapping[str, str], prefix: str) -> None:
    """Put plain values into a table: scalars first, each with what is said of it, then tables."""
    import tomlkit

    inner = {name: value for name, value in document.items() if _is_table(value)}
    for name, value in document.items():
        if name in inner:
            continue
        item = tomlkit.item(_without_none(value))
        text = texts.get(prefix + name)
        if text:
            item.comment(text.rstrip("."))
        table.add(name, item)
    for name, value in inner.items():
        own = tomlkit.table()
        if texts.get(prefix + name):
            own.comment(texts[prefix + name].rstrip("."))
        _fill(own, value, texts, f"{prefix}{name}.")
        table.add(name, own)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) and set(value) != {"float"}


def _without_none(value: Any) -> Any:
    """Return a value as TOML has it: with infinity, but without None."""
    if isinstance(value, dict):
        return float(value["float"])
    if isinstance(value, list | tuple):
        return [_without_none(entry) for entry in value]
    if value is None:
        return _NONE
    return value
