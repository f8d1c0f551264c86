"""`qlax pull`."""

import dataclasses
from pathlib import Path
from typing import Annotated, ClassVar

from tyro.conf import Positional, arg

from qlax.cli.commands.core import FLAG, Command, Words, named


@dataclasses.dataclass(frozen=True)
class Pull(Command):
    """Fetch a run from a Hugging Face hub, check that it is data only, and put it in a folder.

    Commands that take a run take hf:USER/NAME, too, and keep it in a cache.
    """

    group: ClassVar = "Take it away"
    names: ClassVar = {"address": "hf:…", "out": "--out"}
    interrupted: ClassVar = "stopped; nothing was put in place, and what was fetched is kept."

    source: Positional[Annotated[str, arg(metavar="hf:USER/NAME[@REVISION]")]]
    """The repository, and a branch, a tag or a commit of it."""
    out: Annotated[Path | None, named("FOLDER")] = None
    """The folder to write. By default runs/hub/USER/NAME."""
    json: Annotated[bool, *FLAG] = False
    """Print the folder and the commit as JSON."""

    def run(self, words: Words) -> None:  # noqa: ARG002
        """Fetch it, and say where it is."""
        from qlax.cli.hub import pull_run

        pull_run(self)
