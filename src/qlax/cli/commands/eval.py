"""`qlax eval`."""

import dataclasses
from pathlib import Path
from typing import Annotated, ClassVar

from qlax.cli.commands.core import FLAG, Command, RunFolder, Words, existing, named


@dataclasses.dataclass(frozen=True)
class Eval(Command):
    """Evaluate a run, or every seed of one, on the original environment."""

    takes: ClassVar = frozenset({"env"})
    names: ClassVar = {"path": "--film"}

    run_folder: RunFolder
    """The run's folder, or that of several seeds."""
    episodes: Annotated[int | None, named("INT")] = None
    """How many episodes to play. By default 100, or fewer of long ones and of those all alike."""
    seed: int = 2_000_000
    """Seed of the first environment; the others have the numbers after it."""
    env: Annotated[str | None, named("ENV")] = None
    """Another environment to evaluate in."""
    json: Annotated[bool, *FLAG] = False
    """Print everything as JSON."""
    film: Annotated[Path | None, named("FILE.{mp4,webp,gif}")] = None
    """Film the first 20 seconds of one more episode, with the value of each action."""

    def run(self, words: Words) -> None:
        """Evaluate, and print the outcome."""
        from qlax.cli.evaluating import evaluate_runs

        evaluate_runs(self, existing(self.run_folder), words.env)
