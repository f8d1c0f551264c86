"""`qlax doctor`."""

import dataclasses
from typing import Annotated, ClassVar

from qlax.cli.commands.core import FLAG, Command, Words


@dataclasses.dataclass(frozen=True)
class Doctor(Command):
    """Say what qlax has on this machine, how fast it is, and what to do about anything odd.

    What it prints can be pasted into a bug report: it names neither you nor folders of yours.
    """

    group: ClassVar = "Your machine"

    quick: Annotated[bool, *FLAG] = False
    """Leave out the check of speed, which takes five seconds."""

    json: Annotated[bool, *FLAG] = False
    """Print everything as JSON."""

    def run(self, words: Words) -> None:  # noqa: ARG002
        """Print it."""
        from qlax.cli.console import print_json, say
        from qlax.doctor import examined

        found = examined(with_speed=not self.quick)
        if self.json:
            print_json(found.as_plain())
            return
        for topic, text in found.lines():
            say(topic, text)
