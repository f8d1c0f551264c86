"""Completion in shells: `qlax completion SHELL` prints a script, which asks `qlax __complete`."""
