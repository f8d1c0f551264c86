"""`qlax explain`."""

import dataclasses
from pathlib import Path
from typing import Annotated, ClassVar

from qlax.cli.commands.core import FLAG, Command, RunFolder, Words, existing, named


@dataclasses.dataclass(frozen=True)
class Explain(Command):
    """Draw what a run has learned: its values, its choices, where it was, how right it was."""

    takes: ClassVar = frozenset({"env"})

    run_folder: RunFolder
    """The run's folder."""
    out: Annotated[Path | None, named("FOLDER")] = None
    """Folder of the pictures. By default `explanation`, or `explanation-best`, in the run's
    folder."""
    env: Annotated[str | None, named("ENV")] = None
    """Another environment to play in."""
    episodes: Annotated[int | None, named("INT")] = None
    """How many episodes to play. By default 20, more of short ones, 2 where images are
    shown."""
    seed: int = 3_000_000
    """Seed of the first of them."""
    best: Annotated[bool, *FLAG] = False
    """Explain the best policy of the training, not the last."""
    json: Annotated[bool, *FLAG] = False
    """Print the index of the pictures as JSON."""

    def run(self, words: Words) -> None:
        """Draw everything, and print what there is."""
        from qlax.cli.explaining import explain_run

        explain_run(self, existing(self.run_folder), words.env)
