"""`qlax completion`."""

import dataclasses
from typing import Annotated, ClassVar, Literal

from tyro.conf import Positional, arg

from qlax.cli.commands.core import Command, Words


@dataclasses.dataclass(frozen=True)
class Completion(Command):
    """Print a script that lets your shell complete commands, options, environments and runs.

    In ~/.bashrc: eval "$(qlax completion bash)". In ~/.zshrc: eval "$(qlax completion zsh)". In
    ~/.config/fish/config.fish: qlax completion fish | source.
    """

    group: ClassVar = "Your machine"

    shell: Positional[Annotated[Literal["bash", "zsh", "fish"], arg(metavar="{bash,zsh,fish}")]]
    """Which shell you have."""

    def run(self, words: Words) -> None:  # noqa: ARG002
        """Print it, and gather what completion is to know."""
        from qlax.cli.completion import known
        from qlax.cli.completion.scripts import SCRIPTS

        print(SCRIPTS[self.shell], end="")
        known.gather_meanwhile()
