"""`python -m qlax` is the `qlax` command."""

from qlax.cli import main

main()
