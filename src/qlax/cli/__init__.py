"""The `qlax` command."""

from qlax.cli.entry import main

__all__ = ["main"]
