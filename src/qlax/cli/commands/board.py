"""`qlax board`."""

import dataclasses
from pathlib import Path
from typing import Annotated, ClassVar

from tyro.conf import Positional

from qlax.cli.commands.core import FLAG, Command, Words, named


@dataclasses.dataclass(frozen=True)
class Board(Command):
    """Show all runs of a folder on a local page, live while they train."""

    names: ClassVar = {"port": "--port", "host": "--host"}
    interrupted: ClassVar = "the board is closed."

    folder: Positional[Annotated[Path, named("[FOLDER]")]] = Path("runs")
    """The folder of the runs. By default runs."""
    port: Annotated[int | None, named("INT")] = None
    """The port of the page. By default 7529, or the next that is free."""
    host: Annotated[str, named("ADDRESS")] = "127.0.0.1"
    """The address to listen at. By default only this machine can see the page."""
    open: Annotated[bool, *FLAG] = False
    """Open the page in a browser."""
    json: Annotated[bool, *FLAG] = False
    """Print the page's address as JSON."""

    def run(self, words: Words) -> None:  # noqa: ARG002
        """Answer until Ctrl-C."""
        from qlax.cli.boarding import show_board

        show_board(self)
