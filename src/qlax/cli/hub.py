"""`qlax push` and `qlax pull`: what is printed."""

from pathlib import Path
from typing import TYPE_CHECKING

from qlax.cli.console import print_json
from qlax.hub.pulling import ORIGIN, pull
from qlax.hub.pushing import preview, push
from qlax.runs.folder import read_json
from qlax.wording import counted

if TYPE_CHECKING:
    from qlax.cli.commands.pull import Pull
    from qlax.cli.commands.push import Push


def push_run(command: "Push", folder: Path) -> None:
    """Upload a run, or write what would be uploaded, and say where it is."""
    film = not command.no_film
    if command.preview is not None:
        names = preview(folder, command.to, command.preview, film=film)
        if command.json:
            print_json({"preview": str(command.preview), "files": names})
        else:
            print(f"{counted(len(names), 'file')} in {command.preview}; nothing was uploaded.")
        return
    pushed = push(folder, command.to, private=command.private, film=film, message=command.message)
    if command.json:
        print_json({"url": pushed.url, "commit": pushed.commit, "files": pushed.files})
        return
    print(f"{counted(len(pushed.files), 'file')} at {pushed.url}, commit {pushed.commit[:8]}")
    print(f"Fetch it by: qlax pull {command.to}")


def pull_run(command: "Pull") -> None:
    """Fetch a run, and say where it is."""
    folder = pull(command.source, command.out)
    commit = read_json(folder / ORIGIN)["commit"]
    if command.json:
        print_json({"folder": str(folder), "commit": commit})
    else:
        print(f"{folder}, commit {commit[:8]}")
