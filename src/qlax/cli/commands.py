"""The commands and their options. Only commands that need JAX import it, when they run."""

import dataclasses
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import tyro
from tyro.conf import Positional, arg

from qlax.envs.backends import AUTO, names
from qlax.envs.watchdog import USUAL_LIMIT
from qlax.errors import UsageError, require


def _named(metavar: str) -> Any:
    """Return how help shows an option whose text already says its default."""
    return arg(metavar=metavar, help_behavior_hint="")


_FLAG = arg(help_behavior_hint=""), tyro.conf.FlagCreatePairsOff


@dataclasses.dataclass(frozen=True)
class Train:
    """Train an agent, then evaluate it on the original environment.

    `qlax train ENV --agent.help` lists every setting of the agent's parts.

    `--env.map-name 8x8` sets an argument of ENV, `--env.config.lanes 3` in a dict.
    """

    env: Positional[Annotated[str, arg(metavar="ENV")]]
    """Gymnasium's id of the environment, such as MountainCar-v0."""
    agent: Annotated[str | None, _named("NAME")] = None
    """Name of the agent; `qlax agents` lists them. By default the one tuned for ENV. Its parts are
    exchanged by --agent.bootstrap greedy, numbers set by --agent.replay.capacity 50000."""
    as_published: Annotated[bool, *_FLAG] = False
    """Train the agent as its page has it, not fitted to ENV."""
    steps: Annotated[int | None, _named("INT")] = None
    """Environment steps. By default as many as the agent needs on ENV."""
    seed: int = 0
    """Seed of everything random."""
    seeds: Annotated[int | None, _named("INT")] = None
    """Train this many seeds, from --seed on, in one program if ENV can be compiled."""
    out: Annotated[Path | None, _named("FOLDER")] = None
    """Folder of the run. By default runs/ENV/AGENT/seed-SEED."""
    backend: Annotated[str, _named("{" + ",".join(names()) + "}")] = AUTO
    """How ENV is stepped. `auto` takes a faithful compiled twin, the ALE or EnvPool where there is
    one, else Gymnasium."""
    eval_episodes: Annotated[int | None, _named("INT")] = None
    """Episodes of the final evaluation, 0 for none. By default 100, or fewer of long ones."""
    checkpoint_every: Annotated[int | None, _named("INT")] = None
    """Environment steps between checkpoints. By default a fifth of all."""
    step_timeout: Annotated[float, _named("SECONDS")] = USUAL_LIMIT
    """Seconds that a step of ENV on the host may take before it counts as failed."""
    quiet: Annotated[bool, *_FLAG] = False
    """Print only the folder of the run."""

    def run(self, agent_words: list[str], env_words: list[str]) -> None:
        """Train, and print the outcome."""
        from qlax import presets
        from qlax.cli.env_arguments import arguments
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
        with opened(self.env, arguments(self.env, env_words)) as source:
            preset = presets.resolve(source, self.agent, as_published=self.as_published)
            preset = preset._replace(agent=override(preset.agent, agent_words))
            options: Any = {
                "steps": self.steps,
                "out": self.out,
                "backend": self.backend,
                "eval_episodes": self.eval_episodes,
                "checkpoint_every": self.checkpoint_every,
                "step_timeout": self.step_timeout,
                "observers": watching(quiet=self.quiet),
                "timing": timing,
            }
            with speaking_of(preset.agent):
                if self.seeds is None:
                    runs = train(source, preset, seed=self.seed, **options)
                else:
                    seeds = range(self.seed, self.seed + self.seeds)
                    runs = train_seeds(source, preset, seeds=seeds, **options)
        print_summaries(runs, quiet=self.quiet)


@dataclasses.dataclass(frozen=True)
class Eval:
    """Evaluate a run, or every seed of one, on the original environment."""

    run_folder: Positional[Annotated[Path, arg(metavar="RUN")]]
    """The run's folder, or that of several seeds."""
    episodes: Annotated[int | None, _named("INT")] = None
    """How many episodes to play. By default 100, or fewer of long ones and of those all alike."""
    seed: int = 2_000_000
    """Seed of the first environment; the others have the numbers after it."""
    env: Annotated[str | None, _named("ENV")] = None
    """Another environment to evaluate in."""
    json: Annotated[bool, *_FLAG] = False
    """Print everything as JSON."""
    film: Annotated[Path | None, _named("FILE.{gif,webp,mp4}")] = None
    """Film the first 20 seconds of one more episode."""

    def run(self, env_words: list[str]) -> None:
        """Evaluate, and print the outcome."""
        from qlax.cli.evaluating import evaluate_runs

        evaluate_runs(self, _existing(self.run_folder), env_words)


@dataclasses.dataclass(frozen=True)
class Resume:
    """Go on with a run from its newest checkpoint, bit for bit if it is compiled."""

    run_folder: Positional[Annotated[Path, arg(metavar="RUN")]]
    """The run's folder, or that of several seeds."""
    steps: Annotated[int | None, _named("INT")] = None
    """A new total of environment steps, to train for longer than planned."""
    step_timeout: Annotated[float, _named("SECONDS")] = USUAL_LIMIT
    """Seconds that a step on the host may take before it counts as failed."""
    quiet: Annotated[bool, *_FLAG] = False
    """Print only the folder of the run."""

    def run(self) -> None:
        """Go on with the run, and print the outcome."""
        from qlax.cli.progress import watching
        from qlax.cli.summary import print_summaries
        from qlax.runs.timing import since_process_start
        from qlax.training import resume

        timing = since_process_start()
        folder = _existing(self.run_folder)
        watchers = watching(quiet=self.quiet)
        runs = resume(
            folder,
            steps=self.steps,
            step_timeout=self.step_timeout,
            observers=watchers,
            timing=timing,
        )
        print_summaries(runs, quiet=self.quiet)


@dataclasses.dataclass(frozen=True)
class Agents:
    """List the named agents."""

    def run(self) -> None:
        """Print a line for each."""
        from qlax.cli.summary import print_agents

        print_agents()


@dataclasses.dataclass(frozen=True)
class Envs:
    """List the worlds to train in, their backends, and what can be installed."""

    search: Positional[Annotated[str | None, _named("[TEXT]")]] = None
    """List all ids that contain this, or whose world's name does."""

    def run(self) -> None:
        """Print a line for each."""
        from qlax.cli.environments import print_envs

        print_envs(self.search)


@dataclasses.dataclass(frozen=True)
class Check:
    """Play an environment at random and report everything that is wrong with it."""

    env: Positional[Annotated[str, arg(metavar="ENV")]]
    """Gymnasium's id of the environment; module:Name-v0 imports the module first."""
    episodes: int = 3
    """How many episodes to play."""
    seed: int = 0
    """Seed of the first episode; the others have the numbers after it."""
    steps: int = 1_000
    """The most steps of an episode."""

    def run(self, env_words: list[str]) -> None:
        """Print the report; problems end with exit code 2."""
        from qlax.cli.console import width_of
        from qlax.cli.env_arguments import arguments
        from qlax.envs.checking import check_env
        from qlax.wording import broken

        report = check_env(
            self.env,
            env_kwargs=arguments(self.env, env_words),
            episodes=self.episodes,
            seed=self.seed,
            steps=self.steps,
        )
        for line in str(report).splitlines():
            print(broken(line, width_of(sys.stdout), indent=4))
        if not report.ok:
            raise UsageError(f"{self.env} is not fit to train in.")


def _existing(folder: Path) -> Path:
    """Return a run's folder, with `~` as the home folder, or say that it is not there."""
    found = folder.expanduser()
    if not found.exists():
        raise UsageError(f"{found} is not there.{_runs_of(found.name)}")
    return found


def _runs_of(env: str) -> str:
    """Return a sentence that names an environment's runs; empty if there are none."""
    runs = sorted(path.parent for path in Path("runs", env).glob("*/*/config.json"))
    if not runs:
        return ""
    shown = [shlex.quote(str(path)) for path in runs[:3]]
    more = f", and {len(runs) - 3} more" if len(runs) > 3 else ""
    return f" There is {', '.join(shown)}{more}."


Command = Train | Eval | Resume | Agents | Envs | Check
"""Any of them."""
