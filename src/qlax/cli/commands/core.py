"""What the commands share: their words, and how options are shown."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple

import tyro

from qlax.errors import UsageError

GROUPS = (
    *("Train", "Look at a run", "Compare runs", "Take it away", "What there is"),
    "Your machine",
)
"""What commands are for, as `qlax --help` groups them."""


class Words(NamedTuple):
    """The words of a command line whose meaning depends on the agent and the environment."""

    agent: list[str]
    """`--agent.part.field value …`."""
    env: list[str]
    """`--env.name value …`."""


class Command:
    """A command: a frozen dataclass of its options, whose docstring is its help.

    A file that holds one imports nothing heavy at its head: `qlax --help` reads them all.
    """

    group: ClassVar[str] = "Look at a run"
    """What it is for: one of `GROUPS`."""
    takes: ClassVar[frozenset[str]] = frozenset()
    """Which groups of `Words` it takes: "agent", "env", both or neither."""
    names: ClassVar[Mapping[str, str]] = {}
    """What the command calls arguments of the library that it does not name as the library does."""
    interrupted: ClassVar[str] = "stopped."
    """What to say when Ctrl-C ended it with nothing to go on with."""

    def run(self, words: Words) -> None:
        """Do it."""
        raise NotImplementedError


def named(metavar: str) -> Any:
    """Return how help shows an option whose text already says its default."""
    return tyro.conf.arg(metavar=metavar, help_behavior_hint="")


FLAG = tyro.conf.arg(help_behavior_hint=""), tyro.conf.FlagCreatePairsOff
RunFolder = tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="RUN")]]


def existing(folder: Path) -> Path:
    """Return the folder of a run that is given by its path or address, or say that it is not there.

    `~` is the home folder; of `zoo:NAME` and `hf:USER/NAME` there is a folder, too.
    """
    from qlax.addresses import folder_of

    found = folder_of("RUN", folder)
    if not found.exists():
        raise UsageError(f"{found} is not there.{_runs_of(found.name)}")
    return found


def _runs_of(env: str) -> str:
    """Return a sentence that names an environment's runs; empty if there are none."""
    runs = sorted(path.parent for path in Path("runs", env).glob("*/*/config.json"))
    if not runs:
        return ""
    shown = [shlex.quote(str(path)) for path in runs[:3]]
    more = f", and {len(runs) - 3} more" if len(runs) > 3 else ""
    return f" There is {', '.join(shown)}{more}."
