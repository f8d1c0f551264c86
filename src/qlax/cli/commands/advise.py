"""`qlax advise`."""

import dataclasses
from typing import Annotated, ClassVar

from tyro.conf import Positional, arg

from qlax.cli.commands.core import FLAG, Command, Words, named
from qlax.errors import UsageError


@dataclasses.dataclass(frozen=True)
class Advise(Command):
    """Look at an environment and say what to train in it, why, and what that takes.

    The same rules choose what `qlax train ENV` trains where nobody tried settings.
    """

    group: ClassVar = "What there is"
    takes: ClassVar = frozenset({"env"})
    names: ClassVar = {"env": "ENV"}

    env: Positional[Annotated[str, arg(metavar="ENV")]]
    """Gymnasium's id of the environment; module:Name-v0 imports the module first."""
    agent: Annotated[str | None, named("NAME")] = None
    """Name of the agent, if that is decided. By default the one that ENV asks for."""
    seed: int = 0
    """Seed of the random play; `qlax train` has 0."""
    untried: Annotated[bool, *FLAG] = False
    """Leave out settings that were tried in ENV, and say what its looks alone ask for."""
    quick: Annotated[bool, *FLAG] = False
    """Do not measure how fast training is, which takes compiling."""

    toml: Annotated[bool, *FLAG] = False
    """Print what to train as a file for `qlax train --config`, and nothing else."""
    json: Annotated[bool, *FLAG] = False
    """Print everything as JSON."""

    def run(self, words: Words) -> None:
        """Print the advice; problems end with exit code 2."""
        from qlax.advising import advise
        from qlax.cli.console import print_json, say, stdout_kept
        from qlax.cli.env_arguments import arguments

        if self.toml and self.json:
            raise UsageError("--toml and --json are two ways to print it: give one of them.")
        with stdout_kept(self.toml):  # an environment may print what is no TOML
            advice = advise(
                self.env,
                self.agent,
                env_kwargs=arguments(self.env, words.env),
                seed=self.seed,
                speed=not (self.quick or self.toml),
                untried=self.untried,
            )
        if self.json:
            print_json({**advice.as_plain(), "ok": not advice.problems})
        elif self.toml and not advice.problems:
            print(advice.as_toml(), end="")
        else:
            for topic, text in advice.lines():
                say(topic, text)
        if advice.problems:
            raise UsageError(f"{self.env} is not fit to train in.")
