"""`qlax envs`."""

import dataclasses
from typing import Annotated, ClassVar

from tyro.conf import Positional

from qlax.cli.commands.core import FLAG, Command, Words, named


@dataclasses.dataclass(frozen=True)
class Envs(Command):
    """List the worlds to train in, their backends, and what can be installed."""

    group: ClassVar = "What there is"

    search: Positional[Annotated[str | None, named("[TEXT]")]] = None
    """List all ids that contain this, or whose world's name does."""

    json: Annotated[bool, *FLAG] = False
    """Print everything as JSON."""

    def run(self, words: Words) -> None:  # noqa: ARG002
        """Print a line for each."""
        from qlax.cli.environments import print_envs

        print_envs(self.search, as_json=self.json)
