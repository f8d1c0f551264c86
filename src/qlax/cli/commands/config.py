"""`qlax config`."""

import dataclasses
from typing import Annotated, ClassVar

from tyro.conf import Positional, arg

from qlax.cli.commands.core import FLAG, Command, Words, named


@dataclasses.dataclass(frozen=True)
class Config(Command):
    """Print what would be trained, or was, as a file to edit.

    `qlax config ENV > my.toml`, then `qlax train --config my.toml`.
    """

    group: ClassVar = "Train"
    takes: ClassVar = frozenset({"agent", "env"})

    env: Positional[Annotated[str, arg(metavar="ENV|RUN")]]
    """The environment, or the folder of a run."""
    agent: Annotated[str | None, named("NAME")] = None
    """Name of the agent. By default the one tuned for ENV."""
    as_published: Annotated[bool, *FLAG] = False
    """Take the agent as its page has it, not fitted to ENV."""
    steps: Annotated[int | None, named("INT")] = None
    """Environment steps. By default as many as the agent needs on ENV."""
    seed: int = 0
    """Seed of everything random."""
    json: Annotated[bool, *FLAG] = False
    """Print JSON in place of TOML."""

    def run(self, words: Words) -> None:
        """Print it."""
        from qlax.cli.configuring import print_configuration

        print_configuration(self, words)
