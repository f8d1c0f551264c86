"""`qlax tune`."""

import dataclasses
from pathlib import Path
from typing import Annotated, ClassVar

from tyro.conf import Positional, UseAppendAction, arg

from qlax.cli.commands.core import FLAG, Command, Words, named
from qlax.envs.backends import names as backend_names


@dataclasses.dataclass(frozen=True)
class Tune(Command):
    """Search for an agent's best settings on an environment, and say whether they are better.

    Trials are drawn by Optuna, trained on several seeds each, and pruned when they fall behind. The
    three best and the default are then trained on fresh seeds. `qlax tune FOLDER` goes on with a
    search that was stopped, or joins one that another process runs.

    Needs the extra `tune`.
    """

    group: ClassVar = "Train"
    takes: ClassVar = frozenset({"agent", "env"})
    names: ClassVar = {
        "search": "--search",
        "trials": "--trials",
        "minutes": "--minutes",
        "jobs": "--jobs",
        "confirm_seeds": "--confirm-seeds",
    }
    interrupted: ClassVar = "stopped before anything could be saved."

    env: Positional[Annotated[str, arg(metavar="ENV|FOLDER")]]
    """The environment, or the folder of a search to go on with."""
    agent: Annotated[str | None, named("NAME")] = None
    """Name of the agent to begin with. By default the one tuned for ENV. --agent.replay.capacity
    50000 sets what is not searched."""
    search: UseAppendAction[Annotated[tuple[str, ...], named("'agent.FIELD=RANGE'")]] = ()
    """A field and what to try in it: log(1e-4,1e-2), uniform(0.9,0.999), int(1,10),
    logint(100,10000) or choice(32,64,128); give it several times for several fields. By default the
    fields that tend to matter, around what the agent has."""
    trials: Annotated[int | None, named("INT")] = None
    """Trials in all. By default 50."""
    seeds: Annotated[int | None, named("INT")] = None
    """Seeds of each trial. By default 3."""
    steps: Annotated[int | None, named("INT")] = None
    """Environment steps of each seed. By default as many as `qlax train` takes."""
    minutes: Annotated[float | None, named("FLOAT")] = None
    """Minutes after which no trial goes on; the confirmation comes on top. By default no limit."""
    confirm_seeds: int = 10
    """Fresh seeds that the best three trials and the default are compared on, 0 for none."""
    jobs: Annotated[int | None, named("INT")] = None
    """Programs that run at the same time. By default one for each core."""
    out: Annotated[Path | None, named("FOLDER")] = None
    """Folder of the search. By default runs/ENV/tune-AGENT/seed-SEED."""
    seed: Annotated[int | None, named("INT")] = None
    """Seed of what is drawn. By default 0."""
    backend: Annotated[str | None, named("{" + ",".join(backend_names()) + "}")] = None
    """How ENV is stepped, as in `qlax train`."""
    quiet: Annotated[bool, *FLAG] = False
    """Print only what came out."""
    json: Annotated[bool, *FLAG] = False
    """Print the outcome as JSON, and progress on the standard error if that is a terminal."""

    def run(self, words: Words) -> None:
        """Search, and print what came out."""
        from qlax.cli.tuning import tune_and_print

        tune_and_print(self, words)
