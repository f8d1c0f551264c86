"""`qlax report`."""

import dataclasses
from pathlib import Path
from typing import Annotated, ClassVar

from tyro.conf import Positional, arg

from qlax.cli.commands.core import FLAG, Command, Words, named


@dataclasses.dataclass(frozen=True)
class Report(Command):
    """Write a page about a run, or several: one HTML file that opens without a network.

    How to do it again, settings, curves, evaluation, film, pictures of values, cost; of several
    agents in an environment, their comparison. 5 MB at most.
    """

    group: ClassVar = "Compare runs"
    names: ClassVar = {"path": "--out", "env": "--env"}

    runs: Positional[Annotated[tuple[str, ...], arg(metavar="RUN…", help_behavior_hint="")]]
    """Folders of runs, folders above them, or files of other libraries; NAME=PATH names them."""
    out: Annotated[Path, named("FILE.html")] = Path("report.html")
    """The page to write. By default report.html."""
    no_film: Annotated[bool, *FLAG] = False
    """Film nothing."""
    no_values: Annotated[bool, *FLAG] = False
    """Draw no pictures of values."""
    env: Annotated[str | None, named("ENV")] = None
    """The environment of other libraries' runs that do not say it."""
    steps_column: Annotated[str | None, named("NAME")] = None
    """The column of steps in tables that call it unusually."""
    returns_column: Annotated[str | None, named("NAME")] = None
    """The column, or TensorBoard's tag, of returns."""
    json: Annotated[bool, *FLAG] = False
    """Print the file and its size as JSON."""

    def run(self, words: Words) -> None:  # noqa: ARG002
        """Write it."""
        from qlax.cli.comparing import report_runs

        report_runs(self)
