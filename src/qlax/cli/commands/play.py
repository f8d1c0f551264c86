"""`qlax play`."""

import dataclasses
from pathlib import Path
from typing import Annotated, ClassVar

from tyro.conf import Positional, arg

from qlax.cli.commands.core import FLAG, Command, Words, named


@dataclasses.dataclass(frozen=True)
class Play(Command):
    """Play an environment yourself, at the keyboard, in a window; every episode is kept as data.

    Keys stand beside the picture: those the environment names itself, arrows, or digits.
    """

    group: ClassVar = "What there is"
    takes: ClassVar = frozenset({"env"})
    names: ClassVar = {name: f"--{name}" for name in ("seed", "episodes", "fps", "width")}

    env: Positional[Annotated[str, arg(metavar="ENV")]]
    """Gymnasium's id of the environment, such as MountainCar-v0."""
    agent_run: Annotated[Path | None, named("RUN")] = None
    """A run whose agent's values of actions stand beside the picture."""
    out: Annotated[Path | None, named("FOLDER")] = None
    """Folder of the episodes. By default plays/ENV/, and the date and time."""
    seed: Annotated[int | None, named("INT")] = None
    """Seed of the first episode; the others have the numbers after it. By default another each
    time."""
    episodes: Annotated[int | None, named("INT")] = None
    """How many episodes. By default one after another, until you have had enough."""
    fps: Annotated[int | None, named("INT")] = None
    """Steps a second where time goes on by itself. By default the environment's own pace."""
    wait: Annotated[bool, *FLAG] = False
    """Let time stand still until a key is pressed."""
    width: int = 600
    """Largest width of the environment's picture, in pixels."""
    json: Annotated[bool, *FLAG] = False
    """Print what was played as JSON."""

    def run(self, words: Words) -> None:
        """Open the window, and say what was kept."""
        from qlax.cli.watching import play_env

        play_env(self, words.env)
