"""Where the `qlax` command begins: completion is answered before anything else is imported."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == ["__complete"]:
        from qlax.cli.completion.answers import main as complete

        complete(words[1:])
        return
    from qlax.cli.main import main as carry_out

    carry_out(words)
