"""`qlax compare`."""

import dataclasses
from pathlib import Path
from typing import Annotated, ClassVar

from tyro.conf import Positional, arg

from qlax.cli.commands.core import FLAG, Command, Words, named


@dataclasses.dataclass(frozen=True)
class Compare(Command):
    """Compare agents over their seeds, and say whether the data can tell them apart.

    Runs of other libraries can be among them, as in `qlax plot`. NAME=PATH gives runs a name.
    """

    group: ClassVar = "Compare runs"
    names: ClassVar = {"at": "--at", "env": "--env", "seed": "--seed", "path": "--profile"}

    runs: Positional[Annotated[tuple[str, ...], arg(metavar="RUN…", help_behavior_hint="")]]
    """Folders of runs, folders above them, or files of other libraries."""
    out: Annotated[Path | None, named("FILE.{md,json}")] = None
    """Write the comparison as Markdown or JSON."""
    profile: Annotated[Path | None, named("FILE.{png,svg}")] = None
    """Draw performance profiles: which fraction of runs scores more than each value."""
    at: Annotated[int | None, named("STEPS")] = None
    """Compare runs as they were after so many environment steps, also those that have not finished
    or went on. By default at their ends."""
    env: Annotated[str | None, named("ENV")] = None
    """The environment of other libraries' runs that do not say it."""
    steps_column: Annotated[str | None, named("NAME")] = None
    """The column of steps in tables that call it unusually."""
    returns_column: Annotated[str | None, named("NAME")] = None
    """The column, or TensorBoard's tag, of returns."""
    seed: int = 0
    """Seed of resampling."""
    markdown: Annotated[bool, *FLAG] = False
    """Print Markdown."""
    json: Annotated[bool, *FLAG] = False
    """Print everything as JSON."""

    def run(self, words: Words) -> None:  # noqa: ARG002
        """Compare, and print the outcome."""
        from qlax.cli.comparing import compare_runs

        compare_runs(self)
