"""`qlax plot`."""

import dataclasses
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from tyro.conf import Positional, arg

from qlax.cli.commands.core import FLAG, Command, Words, named


@dataclasses.dataclass(frozen=True)
class Plot(Command):
    """Draw learning curves: a panel an environment, a colour an agent, a band over its seeds.

    Runs of other libraries can be among them: Stable-Baselines3's monitor files and evaluations,
    TensorBoard's event files, CSV and JSON. NAME=PATH gives runs a name of your own.
    """

    group: ClassVar = "Compare runs"
    names: ClassVar = {"path": "--out", "x": "--x", "y": "--y", "env": "--env"}

    runs: Positional[Annotated[tuple[str, ...], arg(metavar="RUN…", help_behavior_hint="")]]
    """Folders of runs, folders above them, or files of other libraries."""
    out: Annotated[Path, named("FILE.{png,svg}")] = Path("curves.png")
    """The picture to write. By default curves.png."""
    x: Literal["steps", "updates", "seconds"] = "steps"
    """What runs along the picture."""
    y: Annotated[str, named("NAME")] = "return"
    """A metric of the runs, such as loss. By default returns: of greedy evaluations, and thin those
    of training."""
    middle: Literal["iqm", "mean", "median"] = "iqm"
    """What the line is of the seeds; iqm is the interquartile mean."""
    band: Literal["interval", "std", "range", "none"] = "interval"
    """What surrounds it: the 95 % bootstrap interval of the middle, one standard deviation, or all
    from the worst to the best seed."""
    env: Annotated[str | None, named("ENV")] = None
    """The environment of other libraries' runs that do not say it."""
    steps_column: Annotated[str | None, named("NAME")] = None
    """The column of steps in tables that call it unusually."""
    returns_column: Annotated[str | None, named("NAME")] = None
    """The column, or TensorBoard's tag, of returns."""
    json: Annotated[bool, *FLAG] = False
    """Print the curves as JSON."""

    def run(self, words: Words) -> None:  # noqa: ARG002
        """Draw them."""
        from qlax.cli.comparing import plot_runs

        plot_runs(self)
