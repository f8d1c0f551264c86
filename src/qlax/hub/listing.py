"""What a repository holds, before any of it is fetched."""

from typing import Any, NamedTuple

from qlax.hub.address import Address
from qlax.hub.client import SECONDS


class File(NamedTuple):
    """A file of a repository."""

    name: str
    size: int | None
    git_id: str | None
    """SHA-1 that git gives its content."""
    sha256: str | None
    """Of its content, where it is kept as a large file."""


class Listing(NamedTuple):
    """A repository at a commit."""

    commit: str
    files: list[File]


def listing(api: Any, address: Address) -> Listing:
    """Ask the hub what a repository holds.

    Raises:
        Exception: what the client raises.
    """
    found = api.repo_info(
        address.repo, revision=address.revision, files_metadata=True, timeout=SECONDS
    )
    files = [
        File(
            name=one.rfilename,
            size=one.size if one.lfs is None else one.lfs["size"],
            git_id=one.blob_id,
            sha256=None if one.lfs is None else one.lfs["sha256"],
        )
        for one in found.siblings or ()
    ]
    return Listing(str(found.sha), files)
