"""`qlax film`."""

import dataclasses
from pathlib import Path
from typing import Annotated, ClassVar

from qlax.cli.commands.core import FLAG, Command, RunFolder, Words, existing, named


@dataclasses.dataclass(frozen=True)
class Film(Command):
    """Film a run at play, with the value of each action beside the picture. Needs no display."""

    takes: ClassVar = frozenset({"env"})
    names: ClassVar = {
        "path": "--out",
        "seconds": "--seconds",
        "fps": "--fps",
        "every": "--every",
        "width": "--width",
        "episodes": "--episodes",
        "seed": "--seed",
    }

    run_folder: RunFolder
    """The run's folder."""
    out: Annotated[Path | None, named("FILE.{mp4,webp,gif}")] = None
    """The film. By default film.mp4, or learning.mp4, in the run's folder."""
    learning: Annotated[bool, *FLAG] = False
    """Film how it learned: before training, halfway, and at the end, one after the other."""
    best: Annotated[bool, *FLAG] = False
    """Film the best policy of the training, not the last."""
    seed: int = 2_000_000
    """Seed of the first episode; the others have the numbers after it."""
    episodes: Annotated[int | None, named("INT")] = None
    """How many episodes to film. By default one, or several short ones."""
    seconds: Annotated[float | None, named("SECONDS")] = None
    """Length of the film at most. By default 20, with --learning 30."""
    fps: Annotated[int | None, named("INT")] = None
    """Pictures a second, up to 50. By default the environment's own pace."""
    every: int = 1
    """Steps from one picture to the next."""
    width: int = 360
    """Largest width of the environment's picture, in pixels."""
    no_panel: Annotated[bool, *FLAG] = False
    """Leave out the values of actions."""
    env: Annotated[str | None, named("ENV")] = None
    """Another environment to play in."""
    json: Annotated[bool, *FLAG] = False
    """Print what was filmed as JSON."""

    def run(self, words: Words) -> None:
        """Film it, and say where the film is."""
        from qlax.cli.watching import film_run

        film_run(self, existing(self.run_folder), words.env)
