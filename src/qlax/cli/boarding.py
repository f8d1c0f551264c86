"""What `qlax board` says, before it answers."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from qlax.cli.console import complain, print_json
from qlax.errors import UsageError, require

if TYPE_CHECKING:
    from qlax.cli.commands.board import Board


def show_board(options: "Board") -> None:
    """Say where the board is, and answer until Ctrl-C.

    Raises:
        UsageError: if there is no such folder, or the address cannot be had.
    """
    from qlax.board.guard import LOOPBACK
    from qlax.board.serving import serve

    folder = options.folder.expanduser()
    is_usual = options.folder == Path("runs")
    if not folder.is_dir() and (folder.exists() or not is_usual):
        what = "is a file" if folder.exists() else "is not there"
        raise UsageError(f"{folder} {what}: give the folder of some runs.")
    port = options.port
    require(port is None or 1 <= port <= 65_535, "port", port, "from 1 to 65535")
    if options.host not in LOOPBACK:
        complain(
            f"warning: everyone who can reach {options.host} can read these runs and let their "
            "agents play. The page asks for no password."
        )

    def says(address: str, moved: bool) -> None:
        if options.json:
            print_json({"address": address, "folder": str(folder)}, in_a_line=True)
            return
        taken = " (the usual port is taken)" if moved else ""
        print(
            f"{shlex.quote(str(folder))} is shown at {address}{taken}. Ctrl-C ends it.", flush=True
        )

    serve(folder, host=options.host, port=port, opens=options.open, says=says)
    if not options.json:
        print("The board is closed.")
