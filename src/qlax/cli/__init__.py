"""The `qlax` command."""

from qlax.cli.main import main

__all__ = ["main"]
