"""`qlax COMMAND …`: from the command line's words to a call, from an error to an exit code.

Exit codes: 0 done; 1 the environment failed or training diverged; 2 something the user gave
cannot work; 130 stopped by Ctrl-C (after a checkpoint).
"""

import os
import shlex
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import tyro

from qlax._version import __version__
from qlax.cli.commands import Agents, Check, Envs, Eval, Resume, Train
from qlax.cli.console import complain
from qlax.cli.translation import in_options
from qlax.cli.words import require_command, require_options, whole_numbers
from qlax.errors import DiskFull, Diverged, EnvironmentFailure, Interrupted, UsageError

_COMMANDS: dict[str, Callable[..., Any]] = {
    "train": Train,
    "eval": Eval,
    "resume": Resume,
    "agents": Agents,
    "envs": Envs,
    "check": Check,
}
_DESCRIPTION = """Q-learning done right: from a Q-table to deep agents, compiled by JAX.

The main job:  qlax train MountainCar-v0
"""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    warnings.showwarning = _warn  # type: ignore[assignment]
    code = run(sys.argv[1:] if arguments is None else list(arguments))
    # Everything is written and closed. An orderly end of the interpreter, with thousands of
    # compiled objects, would take half a second more.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code."""
    if arguments in (["--version"], ["-V"]):
        print(f"qlax {__version__}")
        return 0
    # An environment `module:Name-v0` may live in the folder one is in. Last, unlike `python -m`:
    # a file there hides no package.
    sys.path.append("")
    try:
        arguments, agent_words, env_words = _split(whole_numbers(arguments))
        if arguments:
            require_command(arguments, _COMMANDS)
            require_options(arguments, _COMMANDS)
    except UsageError as error:
        return _fail(error, 2)
    command = tyro.extras.subcommand_cli_from_dict(
        _COMMANDS, prog="qlax", description=_DESCRIPTION, args=arguments or ["--help"]
    )
    try:
        if agent_words and not isinstance(command, Train):
            raise UsageError(f"Only `qlax train` takes {agent_words[0]}.")
        if isinstance(command, Train):
            command.run(agent_words, env_words)
        elif isinstance(command, Eval | Check):
            command.run(env_words)
        elif env_words:
            raise UsageError(f"`qlax {arguments[0]}` does not take {env_words[0]}.")
        else:
            command.run()
    except UsageError as error:
        return _fail(in_options(str(error), names=_named(command)), 2)
    except (EnvironmentFailure, Diverged, DiskFull) as error:
        return _fail(in_options(str(error), names=_named(command)), 1)
    except Interrupted as stop:
        resume = shlex.join(["qlax", "resume", str(stop.path)])
        print(f"\nStopped, and saved. Go on with: {resume}")
        return 130
    except KeyboardInterrupt:
        return _fail(_stopped(command), 130)
    except BrokenPipeError:
        return 0
    except OSError as error:
        return _fail(_file_error(error), 1)
    return 0


def _named(command: object) -> dict[str, str]:
    """Return a command's own names for arguments of the library."""
    names = {Eval: {"path": "--film"}, Resume: {"path": "RUN"}, Check: {"env": "ENV"}}
    return names.get(type(command), {})


def _warn(message: object, *_: object) -> None:
    """Print a warning as a sentence; Gymnasium's coloured ones, of versions and spaces, not."""
    if not str(message).startswith("\x1b["):
        complain(f"warning: {in_options(str(message))}")


def _stopped(command: object) -> str:
    """Return what to say after Ctrl-C; only training has something to save."""
    trains = isinstance(command, Train | Resume)
    return "stopped before anything could be saved." if trains else "stopped."


def _file_error(error: OSError) -> str:
    """Return the system's message with the file's name."""
    where = f": {error.filename}" if error.filename else ""
    return f"{error.strerror or error}{where}"


def _fail(error: object, code: int) -> int:
    complain(str(error))
    return code


def _split(arguments: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Take `--agent.part.field value …` and `--env.name value …` out of the words.

    What they mean depends on the agent and the environment.
    """
    rest: list[str] = []
    taken: dict[str, list[str]] = {"--agent.": [], "--env.": []}
    taking = rest
    for word in arguments:
        if word.startswith("--"):
            taking = next((own for begin, own in taken.items() if word.startswith(begin)), rest)
        taking.append(word)
    return rest, taken["--agent."], taken["--env."]
