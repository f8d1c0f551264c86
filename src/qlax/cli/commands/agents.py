"""`qlax agents`."""

import dataclasses

from qlax.cli.commands.core import Command, Words


@dataclasses.dataclass(frozen=True)
class Agents(Command):
    """List the named agents."""

    def run(self, words: Words) -> None:  # noqa: ARG002
        """Print a line for each."""
        from qlax.cli.summary import print_agents

        print_agents()
