"""`qlax agents`."""

import dataclasses
from typing import Annotated, ClassVar

from qlax.cli.commands.core import FLAG, Command, Words


@dataclasses.dataclass(frozen=True)
class Agents(Command):
    """List the named agents."""

    group: ClassVar = "What there is"

    json: Annotated[bool, *FLAG] = False
    """Print everything as JSON."""

    def run(self, words: Words) -> None:  # noqa: ARG002
        """Print a line for each."""
        from qlax.cli.summary import print_agents

        print_agents(as_json=self.json)
