"""`qlax runs`."""

import dataclasses
from pathlib import Path
from typing import Annotated, ClassVar

from tyro.conf import Positional, arg

from qlax.cli.commands.core import FLAG, Command, Words


@dataclasses.dataclass(frozen=True)
class Runs(Command):
    """List the runs there are, newest first, with their results."""

    group: ClassVar = "Compare runs"

    folders: Positional[
        Annotated[tuple[Path, ...], arg(metavar="[FOLDER…]", help_behavior_hint="")]
    ] = ()
    """Where to look, and in all folders below. By default `runs`."""
    json: Annotated[bool, *FLAG] = False
    """Print everything as JSON."""

    def run(self, words: Words) -> None:  # noqa: ARG002
        """Print a line for each."""
        from qlax.cli.runs import print_runs

        print_runs(self.folders, as_json=self.json)
