"""`qlax resume`."""

import dataclasses
from typing import Annotated, ClassVar

from qlax.cli.commands.core import FLAG, Command, RunFolder, Words, existing, named
from qlax.envs.watchdog import USUAL_LIMIT


@dataclasses.dataclass(frozen=True)
class Resume(Command):
    """Go on with a run from its newest checkpoint, bit for bit if it is compiled.

    `--env.map-name 8x8` sets an argument of the run's environment, in place of the one it has.
    """

    group: ClassVar = "Train"
    takes: ClassVar = frozenset({"env"})
    names: ClassVar = {"path": "RUN"}
    interrupted: ClassVar = "stopped before anything could be saved."

    run_folder: RunFolder
    """The run's folder, or that of several seeds."""
    steps: Annotated[int | None, named("INT")] = None
    """A new total of environment steps, to train for longer than planned."""
    log: Annotated[str | None, named("NAME,…")] = None
    """Where to log beside the run's folder, as for `qlax train`. Logs that the run has go on by
    themselves; none for no log at all."""
    step_timeout: Annotated[float, named("SECONDS")] = USUAL_LIMIT
    """Seconds that a step on the host may take before it counts as failed."""
    quiet: Annotated[bool, *FLAG] = False
    """Print only the folder of the run."""
    json: Annotated[bool, *FLAG] = False
    """Print the outcome as JSON, and progress on the standard error if that is a terminal."""

    def run(self, words: Words) -> None:
        """Go on with the run, and print the outcome."""
        from qlax.cli.env_arguments import arguments_of_run
        from qlax.cli.progress import watching
        from qlax.cli.summary import print_summaries
        from qlax.observers.logs import logs_of
        from qlax.runs.timing import since_process_start
        from qlax.training import resume

        timing = since_process_start()
        folder = existing(self.run_folder)
        watchers = watching(quiet=self.quiet, as_json=self.json)
        no_logs = self.log == "none"
        watchers += [] if self.log is None or no_logs else logs_of(self.log)
        runs = resume(
            folder,
            env_kwargs=arguments_of_run(folder, words.env),
            steps=self.steps,
            step_timeout=self.step_timeout,
            observers=watchers,
            logs=not no_logs,
            progress=False,
            timing=timing,
        )
        print_summaries(runs, quiet=self.quiet, as_json=self.json)
