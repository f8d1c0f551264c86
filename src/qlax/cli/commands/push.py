"""`qlax push`."""

import dataclasses
from pathlib import Path
from typing import Annotated, ClassVar

from tyro.conf import Positional, arg

from qlax.cli.commands.core import FLAG, Command, RunFolder, Words, existing, named


@dataclasses.dataclass(frozen=True)
class Push(Command):
    """Upload a finished run to a Hugging Face hub, with a card, its curve and a film.

    `hf auth login` or HF_TOKEN says who you are; HF_ENDPOINT names another hub.
    """

    group: ClassVar = "Take it away"
    names: ClassVar = {"address": "TO", "out": "--preview"}
    interrupted: ClassVar = "stopped; the repository is as it was, or new and empty."

    run_folder: RunFolder
    """The folder of a finished run, of one seed."""
    to: Positional[Annotated[str, arg(metavar="hf:USER/NAME")]]
    """The repository; one that is not there is made."""
    private: Annotated[bool, *FLAG] = False
    """Make a new repository private."""
    no_film: Annotated[bool, *FLAG] = False
    """Film nothing."""
    message: Annotated[str | None, named("TEXT")] = None
    """Message of the commit. By default what was trained."""
    preview: Annotated[Path | None, named("FOLDER")] = None
    """Write into this folder what would be uploaded, and upload nothing."""
    json: Annotated[bool, *FLAG] = False
    """Print where it is and what was uploaded as JSON."""

    def run(self, words: Words) -> None:  # noqa: ARG002
        """Upload it, and say where it is."""
        from qlax.cli.hub import push_run

        push_run(self, existing(self.run_folder))
