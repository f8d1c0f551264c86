"""Where a run is: in a folder, in the zoo (`zoo:NAME`) or in a repository (`hf:USER/NAME`)."""

from pathlib import Path
from typing import Any

from qlax import zoo
from qlax.arguments import path_of

ZOO, HUB = "zoo:", "hf:"


def is_address(value: Any) -> bool:
    """Return whether something names a run that is in no folder of the user's own."""
    return isinstance(value, str | Path) and str(value).startswith((ZOO, HUB))


def folder_of(name: str, value: Any) -> Path:
    """Return the folder that a path or an address stands for; what is in a hub is fetched first.

    Args:
        name: What the argument is called.
        value: A path, `zoo:NAME`, `hf:USER/NAME` or `hf:USER/NAME@REVISION`.

    Raises:
        UsageError: if it is none of them, the zoo has no such policy, or it cannot be fetched.
    """
    if not is_address(value):
        return path_of(name, value)
    if str(value).startswith(ZOO):
        return zoo.folder_of(str(value).removeprefix(ZOO))
    from qlax.hub.pulling import fetched  # what is in folders needs nothing of it

    return fetched(str(value))


def place_of(value: Any, folder: Path) -> Path:
    """Return where to write what is made of a run: its folder, or below the current one.

    Args:
        value: The path or address that was given.
        folder: What `folder_of` made of it.
    """
    if not is_address(value):
        return folder
    kind, _, name = str(value).partition(":")
    return Path("zoo" if f"{kind}:" == ZOO else "hub", *name.partition("@")[0].split("/"))
