"""`qlax cache`."""

import dataclasses
from typing import Annotated, ClassVar

from tyro.conf import Positional, arg

from qlax.cli.commands.core import FLAG, Command, Words
from qlax.errors import UsageError


@dataclasses.dataclass(frozen=True)
class Cache(Command):
    """Say what is in qlax's caches, or clear them: `qlax cache clear`.

    Only what qlax put there is removed. Runs are no cache, and stay.
    """

    group: ClassVar = "Your machine"

    action: Positional[Annotated[str, arg(metavar="[clear]")]] = "show"
    """`clear` removes what is in them."""
    name: Positional[Annotated[str | None, arg(metavar="[NAME]")]] = None
    """Of the only one to clear; by default all are."""

    json: Annotated[bool, *FLAG] = False
    """Print everything as JSON."""

    def run(self, words: Words) -> None:  # noqa: ARG002
        """Show or clear them."""
        from qlax.caches import CACHES, cleared
        from qlax.cli.console import print_json, say
        from qlax.doctor.diagnosis import size_in_words, without_home

        if self.action not in ("show", "clear"):
            raise UsageError(
                f"`qlax cache` does not {self.action!r}: `qlax cache` shows what there is, "
                "`qlax cache clear` removes it."
            )
        if self.action == "clear":
            gone = cleared(self.name)
            if self.json:
                names = ("name", "files", "bytes")
                rows = [dict(zip(names, (one.name, *rest), strict=True)) for one, *rest in gone]
                print_json({"cleared": rows})
                return
            for one, count, size in gone:
                say(one.name, f"{count:,} files removed, {size_in_words(size)}")
            return
        if self.json:
            rows = [
                {"name": one.name, "folder": without_home(one.folder), "bytes": one.size}
                for one in CACHES
            ]
            print_json({"caches": rows})
            return
        for one in CACHES:
            say(one.name, f"{without_home(one.folder)}: {size_in_words(one.size)}; {one.holds}")
