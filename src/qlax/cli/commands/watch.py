"""`qlax watch`."""

import dataclasses
from typing import Annotated, ClassVar

from qlax.cli.commands.core import FLAG, Command, RunFolder, Words, existing, named


@dataclasses.dataclass(frozen=True)
class Watch(Command):
    """Watch a run play, live, with the value of each action: in a window, or on a local page.

    A run that is being trained is watched with its newest policy, episode after episode.
    """

    takes: ClassVar = frozenset({"env"})
    names: ClassVar = {name: f"--{name}" for name in ("seed", "episodes", "fps", "width", "port")}

    run_folder: RunFolder
    """The run's folder."""
    best: Annotated[bool, *FLAG] = False
    """Watch the best policy of the training, not the last."""
    seed: int = 2_000_000
    """Seed of the first episode; the others have the numbers after it."""
    episodes: Annotated[int | None, named("INT")] = None
    """How many episodes to play. By default one after another, until you have seen enough."""
    fps: Annotated[int | None, named("INT")] = None
    """Steps a second. By default the environment's own pace."""
    width: int = 600
    """Largest width of the environment's picture, in pixels."""
    page: Annotated[bool, *FLAG] = False
    """Show it on a local page also where there is a display."""
    port: int = 0
    """The page's port; 0 for any that is free."""
    env: Annotated[str | None, named("ENV")] = None
    """Another environment to play in."""
    json: Annotated[bool, *FLAG] = False
    """Print the returns in the end as JSON."""

    def run(self, words: Words) -> None:
        """Play until somebody has seen enough."""
        from qlax.cli.watching import watch_run

        watch_run(self, existing(self.run_folder), words.env)
