"""`qlax zoo`."""

import dataclasses
from typing import Annotated, ClassVar

from qlax.cli.commands.core import FLAG, Command, Words


@dataclasses.dataclass(frozen=True)
class Zoo(Command):
    """List the policies that come with qlax: `qlax watch zoo:MountainCar-v0`."""

    group: ClassVar = "What there is"

    json: Annotated[bool, *FLAG] = False
    """Print everything as JSON."""

    def run(self, words: Words) -> None:  # noqa: ARG002
        """Print a line for each."""
        from qlax.cli.zoo import print_zoo

        print_zoo(as_json=self.json)
