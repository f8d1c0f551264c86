"""`qlax config`: what would be trained, as TOML; and `qlax train --config`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from qlax import presets
from qlax.cli.commands.core import Words
from qlax.cli.console import print_json
from qlax.cli.env_arguments import arguments
from qlax.cli.overrides import options_in, override
from qlax.configuration import Configuration, read_configuration
from qlax.envs.backends import AUTO
from qlax.envs.opening import opened
from qlax.errors import UsageError
from qlax.presets import Preset
from qlax.runs.disk import CONFIG

if TYPE_CHECKING:
    from qlax.cli.commands.config import Config
    from qlax.cli.commands.train import Train


def print_configuration(command: "Config", words: Words) -> None:
    """Print what would be trained in an environment, or what a run trains."""
    found = configured(command, words)
    options = options_in(found.agent)
    texts = {f"agent.{option.path}": _first_sentence(option.text) for option in options}
    if command.json:
        print_json(found.as_plain())
    else:
        print(found.as_toml(texts), end="")


class Given(NamedTuple):
    """What `qlax train` was told, by its words and by a file."""

    env: str
    env_kwargs: dict[str, Any]
    agent: "str | Preset | None"
    options: dict[str, Any]
    """Arguments of `train` by name."""


def given_to(command: "Train", words: Words) -> Given:
    """Return what a command is to train; its options come before what its file says.

    Raises:
        UsageError: if no environment is named, or the file cannot be read.
    """
    names = ("steps", "seed", "backend", "eval_episodes", "eval_every", "checkpoint_every")
    options = {name: getattr(command, name) for name in names}
    if command.config is None:
        if command.env is None:
            raise UsageError(
                "`qlax train` needs ENV: Gymnasium's id of the environment, such as "
                "MountainCar-v0; or --config with a file that names it."
            )
        options |= {
            "metrics": _names(command.metric),
            "seed": command.seed or 0,
            "backend": command.backend or AUTO,
        }
        return Given(command.env, arguments(command.env, words.env), command.agent, options)
    found = read_configuration(command.config.expanduser())
    env = found.env if command.env is None else command.env
    own = found.env_kwargs if env == found.env else {}
    options = {
        name: getattr(found, name) if value is None else value for name, value in options.items()
    }
    options["metrics"] = _names(found.metrics if command.metric is None else command.metric)
    agent = found.preset if command.agent is None else command.agent
    return Given(env, {**own, **arguments(env, words.env)}, agent, options)


def _names(words: str | None) -> list[str]:
    """Return names with commas between."""
    return words.split(",") if words else []


def configured(command: "Config", words: Words) -> Configuration:
    """Return what a command names."""
    folder = Path(command.env).expanduser()
    if (folder / CONFIG).is_file():
        return read_configuration(folder)
    with opened(command.env, arguments(command.env, words.env)) as source:
        preset = presets.resolve(source, command.agent, as_published=command.as_published)
        return Configuration(
            env=command.env,
            env_kwargs=source.kwargs,
            agent_name=preset.name,
            agent=override(preset.agent, words.agent),
            steps=preset.steps if command.steps is None else command.steps,
            seed=command.seed,
        )


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].partition("; ")[0].replace("None", '"none"')
