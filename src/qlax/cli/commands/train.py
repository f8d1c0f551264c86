"""`qlax train`."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import tyro
from tyro.conf import Positional

from qlax.cli.commands.core import FLAG, Command, Words, named
from qlax.envs.backends import names as backends
from qlax.envs.watchdog import USUAL_LIMIT
from qlax.errors import require

if TYPE_CHECKING:
    from qlax.observers import Observer


@dataclasses.dataclass(frozen=True)
class Train(Command):
    """Train an agent, then evaluate it on the original environment.

    `qlax train ENV --agent.help` lists every setting of the agent's parts.

    `--env.map-name 8x8` sets an argument of ENV, `--env.config.lanes 3` in a dict.
    """

    group: ClassVar = "Train"
    takes: ClassVar = frozenset({"agent", "env"})
    names: ClassVar = {"start_from": "--from", "start_without": "--from-without"}
    interrupted: ClassVar = "stopped before anything could be saved."

    env: Positional[Annotated[str | None, named("ENV")]] = None
    """Gymnasium's id of the environment, such as MountainCar-v0."""
    config: Annotated[Path | None, named("FILE")] = None
    """What to train, as `qlax config` prints it, or the `config.json` of a run; options come before
    it."""
    agent: Annotated[str | None, named("NAME")] = None
    """Name of the agent; `qlax agents` lists them. By default the one tuned for ENV. Its parts are
    exchanged by --agent.bootstrap greedy, numbers set by --agent.replay.capacity 50000."""
    as_published: Annotated[bool, *FLAG] = False
    """Train the agent as its page has it, not fitted to ENV."""
    steps: Annotated[int | None, named("INT")] = None
    """Environment steps. By default as many as the agent needs on ENV."""
    seed: Annotated[int | None, named("INT")] = None
    """Seed of everything random. By default 0."""
    seeds: Annotated[int | None, named("INT")] = None
    """Train this many seeds, from --seed on, in one program if ENV can be compiled."""
    out: Annotated[Path | None, named("FOLDER")] = None
    """Folder of the run. By default runs/ENV/AGENT/seed-SEED."""
    backend: Annotated[str | None, named("{" + ",".join(backends()) + "}")] = None
    """How ENV is stepped. `auto`, the default, takes a faithful compiled twin, the ALE or EnvPool
    where there is one, else Gymnasium."""
    eval_episodes: Annotated[int | None, named("INT")] = None
    """Episodes of the final evaluation, 0 for none. By default 100, or fewer of long ones."""
    eval_every: Annotated[int | None, named("INT")] = None
    """Environment steps between evaluations while training, 0 for none. By default a twentieth of
    all, or more where that takes long."""
    stop: Annotated[str | None, named("{solved,plateau,'return>=200'}")] = None
    """End training early: once the environment is solved, once evaluations get no better, or once a
    metric reaches a number; `return`, `steps`, `minutes` and the columns of metrics.jsonl are."""
    metric: Annotated[str | None, named("info.KEY,…")] = None
    """Numbers of the environment's own to keep, out of the info of its steps: info.KEY for the mean
    over an episode, info.KEY:last, info.KEY:max; for environments on the host."""
    log: Annotated[str | None, named("NAME,…")] = None
    """Where to log beside the run's folder: tensorboard, wandb, trackio, mlflow, csv, with commas
    between; each but csv needs the extra of its name."""
    checkpoint_every: Annotated[int | None, named("INT")] = None
    """Environment steps between checkpoints. By default a fifth of all."""
    step_timeout: Annotated[float, named("SECONDS")] = USUAL_LIMIT
    """Seconds that a step of ENV on the host may take before it counts as failed."""
    from_: Annotated[
        str | None, tyro.conf.arg(name="from", metavar="RUN", help_behavior_hint="")
    ] = None
    """A run, or a policy's folder, whose parameters the agent starts with; optimiser and replay are
    fresh."""
    from_without: Annotated[str | None, named("PART,…")] = None
    """Parts of that policy to learn afresh: head, memory, network, observation, with commas
    between."""
    quiet: Annotated[bool, *FLAG] = False
    """Print only the folder of the run."""
    json: Annotated[bool, *FLAG] = False
    """Print the outcome as JSON, and progress on the standard error if that is a terminal."""

    def run(self, words: Words) -> None:
        """Train, and print the outcome."""
        from qlax import presets
        from qlax.cli.configuring import given_to
        from qlax.cli.overrides import override
        from qlax.cli.progress import watching
        from qlax.cli.summary import print_summaries
        from qlax.cli.translation import speaking_of
        from qlax.envs.opening import opened
        from qlax.runs.outcome import Run
        from qlax.runs.timing import since_process_start
        from qlax.training import train, train_seeds

        timing = since_process_start()
        require(self.seeds is None or self.seeds >= 1, "--seeds", self.seeds, "at least 1")
        runs: Run | list[Run]
        given = given_to(self, words)
        with opened(given.env, given.env_kwargs) as source:
            preset = presets.resolve(source, given.agent, as_published=self.as_published)
            preset = preset._replace(agent=override(preset.agent, words.agent))
            options: Any = {
                **given.options,
                "out": self.out,
                "step_timeout": self.step_timeout,
                "start_from": self.from_,
                "start_without": self.from_without or (),
                "observers": [
                    *watching(quiet=self.quiet, as_json=self.json),
                    *self._logs(),
                    *self._rules(),
                ],
                "progress": False,
                "timing": timing,
            }
            with speaking_of(preset.agent):
                if self.seeds is None:
                    runs = train(source, preset, **options)
                else:
                    first = options.pop("seed")
                    seeds = range(first, first + self.seeds)
                    runs = train_seeds(source, preset, seeds=seeds, **options)
        print_summaries(runs, quiet=self.quiet, as_json=self.json)

    def _rules(self) -> "list[Observer]":
        """Return the rule that ends training early, if there is one."""
        from qlax.observers.stopping import rule_of

        return [] if self.stop is None else [rule_of(self.stop)]

    def _logs(self) -> "list[Observer]":
        """Return the logs that were asked for."""
        from qlax.observers.logs import logs_of

        return [] if self.log is None else logs_of(self.log)
