"""`qlax check`."""

import dataclasses
import sys
from typing import Annotated, ClassVar

from tyro.conf import Positional, arg

from qlax.cli.commands.core import FLAG, Command, Words
from qlax.errors import UsageError


@dataclasses.dataclass(frozen=True)
class Check(Command):
    """Play an environment at random and report everything that is wrong with it."""

    group: ClassVar = "What there is"
    takes: ClassVar = frozenset({"env"})
    names: ClassVar = {"env": "ENV"}

    env: Positional[Annotated[str, arg(metavar="ENV")]]
    """Gymnasium's id of the environment; module:Name-v0 imports the module first."""
    episodes: int = 3
    """How many episodes to play."""
    seed: int = 0
    """Seed of the first episode; the others have the numbers after it."""
    steps: int = 1_000
    """The most steps of an episode."""

    json: Annotated[bool, *FLAG] = False
    """Print everything as JSON."""

    def run(self, words: Words) -> None:
        """Print the report; problems end with exit code 2."""
        from qlax.cli.console import print_json, width_of
        from qlax.cli.env_arguments import arguments
        from qlax.envs.checking import check_env
        from qlax.wording import broken

        report = check_env(
            self.env,
            env_kwargs=arguments(self.env, words.env),
            episodes=self.episodes,
            seed=self.seed,
            steps=self.steps,
        )
        if self.json:
            print_json({**dataclasses.asdict(report), "ok": report.ok})
        else:
            for line in str(report).splitlines():
                print(broken(line, width_of(sys.stdout), indent=4))
        if not report.ok:
            raise UsageError(f"{self.env} is not fit to train in.")
