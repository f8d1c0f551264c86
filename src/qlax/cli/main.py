"""`qlax COMMAND …`: from the command line's words to a call, from an error to an exit code.

Exit codes: 0 done; 1 the environment failed or training diverged; 2 something the user gave
cannot work; 130 stopped by Ctrl-C (after a checkpoint).
"""

import contextlib
import os
import shlex
import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn

import tyro

from qlax._version import __version__
from qlax.cli.commands import COMMANDS, Command, Words
from qlax.cli.console import complain, print_json, spell_out, stdout_kept
from qlax.cli.help import asks_for_help, print_help
from qlax.cli.translation import in_options
from qlax.cli.words import require_words
from qlax.errors import DiskFull, Diverged, EnvironmentFailure, Interrupted, UsageError


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    warnings.showwarning = _warn  # type: ignore[assignment]
    spell_out(sys.stdout, sys.stderr)
    code = run(sys.argv[1:] if arguments is None else list(arguments))
    # Everything is written and closed. An orderly end of the interpreter, with thousands of
    # compiled objects, would take half a second more.
    with contextlib.suppress(BrokenPipeError):  # the reader has seen enough, as `head` has
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
        arguments, words = _split(arguments)
        if asks_for_help(arguments, COMMANDS):
            with contextlib.suppress(BrokenPipeError):
                print_help(arguments, COMMANDS)
            return 0
        arguments = require_words(arguments, COMMANDS)
    except UsageError as error:
        return _fail(error, 2)
    command = Command()
    try:
        name, *rest = arguments
        command = tyro.cli(COMMANDS[name], prog=f"qlax {name}", args=rest)
        _require_taken(arguments[0], command, words)
        with stdout_kept(getattr(command, "json", False)):
            command.run(words)
    except UsageError as error:
        return _fail(in_options(str(error), names=command.names), 2)
    except (EnvironmentFailure, Diverged, DiskFull) as error:
        return _fail(in_options(str(error), names=command.names), 1)
    except Interrupted as stop:
        _tell_of_stop(stop, as_json=getattr(command, "json", False))
        return 130
    except KeyboardInterrupt:
        return _fail(command.interrupted, 130)
    except BrokenPipeError:
        return 0
    except OSError as error:
        return _fail(_file_error(error), 1)
    return 0


def _tell_of_stop(stop: Interrupted, *, as_json: bool) -> None:
    """Say how to go on after Ctrl-C; with `--json` on the standard error, beside a document."""
    resume = shlex.join(["qlax", stop.by, str(stop.path)])
    sentence = f"Stopped, and saved. Go on with: {resume}"
    if as_json:
        print_json({"folder": str(stop.path), "interrupted": True})
        complain(sentence)
    else:
        print(f"\n{sentence}")


def _warn(message: object, *_: object) -> None:
    """Print a warning as a sentence; Gymnasium's coloured ones, of versions and spaces, not."""
    if not str(message).startswith("\x1b["):
        complain(f"warning: {in_options(str(message))}")


def _file_error(error: OSError) -> str:
    """Return the system's message with the file's name."""
    where = f": {error.filename}" if error.filename else ""
    return f"{error.strerror or error}{where}"


def _fail(error: object, code: int) -> int:
    complain(str(error))
    return code


def _split(arguments: list[str]) -> tuple[list[str], Words]:
    """Take `--agent.part.field value …` and `--env.name value …` out of the words.

    What they mean depends on the agent and the environment.
    """
    rest: list[str] = []
    words = Words([], [])
    taken = {"--agent.": words.agent, "--env.": words.env}
    taking = rest
    for word in arguments:
        if word.startswith("--"):
            taking = next((own for begin, own in taken.items() if word.startswith(begin)), rest)
        taking.append(word)
    return rest, words


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _require_taken(name: str, command: Command, words: Words) -> None:
    """Raise `UsageError` for words of a group that the command does not take."""
    for group, given in words._asdict().items():
        if given and group not in command.takes:
            takers = [f"`qlax {other}`" for other, kind in COMMANDS.items() if group in kind.takes]
            raise UsageError(f"`qlax {name}` does not take {given[0]}, as {_listed(takers)} would.")
