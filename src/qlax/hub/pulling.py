"""`qlax pull`: a run from a hub. Everything is checked before any of it is put in place."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

from qlax.arguments import path_of, refuses_plainly
from qlax.caches import HUB
from qlax.errors import UsageError
from qlax.hub.address import Address, address_of
from qlax.hub.client import client, endpoint, talking_about
from qlax.hub.contents import ATTRIBUTES, has_own_parts, require_data, require_run
from qlax.hub.listing import File, Listing, listing
from qlax.loading import load
from qlax.policy import DESCRIPTION
from qlax.runs.disk import room_for
from qlax.runs.folder import POLICY, as_text, read_json, replacing, require_free
from qlax.silence import warnings_ignored

ORIGIN = "hub.json"
"""In a pulled folder: the repository, the revision asked for, and the commit that it was."""


@refuses_plainly
def pull(address: str, out: str | Path | None = None) -> Path:
    """Fetch a run from a hub: policy, configuration, result, metrics, pictures and film.

    Only files of a run's names, kinds and sizes are fetched, all of one commit. They are checked
    first, and appear together or not at all. `hub.json` says which commit it was.

    >>> folder = qlax.pull("hf:me/mountain-car")

    Args:
        address: `hf:USER/NAME`, or `hf:USER/NAME@REVISION`: a branch, a tag or a commit.
        out: The folder to write; None for `runs/hub/USER/NAME`. One that holds the same commit
            already stays as it is.

    Raises:
        UsageError: if the hub does not answer or does not have it, the repository holds anything
            but the data of a run, or `out` holds something else.
    """
    asked = address_of("address", address)
    folder = Path("runs", "hub", *asked.repo.split("/")) if out is None else path_of("out", out)
    if not _holds(folder, asked):
        require_free(folder)
    api = client()
    with talking_about(asked):
        found = listing(api, asked)
        if _holds(folder, asked, found.commit):
            return folder
        require_free(folder)
        require_run(((file.name, file.size) for file in found.files), asked)
        _fetch(api, asked, found, folder)
    return folder


def fetched(address: str) -> Path:
    """Return the folder of a run of a hub in the user's cache, where it is fetched to if need be.

    A commit in full that is there needs no hub.

    Raises:
        UsageError: as `pull`.
    """
    asked = address_of("address", address)
    above = HUB.folder / asked.repo.replace("/", "--")
    if asked.commit and _holds(above / asked.commit, asked):
        return above / asked.commit
    api = client()
    with talking_about(asked):
        found = listing(api, asked)
        folder = above / found.commit
        if not _holds(folder, asked, found.commit):
            require_run(((file.name, file.size) for file in found.files), asked)
            _fetch(api, asked, found, folder)
    return folder


def _holds(folder: Path, address: Address, commit: str | None = None) -> bool:
    """Return whether a folder was pulled from a repository, and at a commit if one is given."""
    try:
        origin = read_json(folder / ORIGIN)
    except UsageError:
        return False
    is_same = isinstance(origin, dict) and origin.get("repo") == address.repo
    return is_same and origin.get("hub") == endpoint() and commit in (None, origin.get("commit"))


def _fetch(api: Any, address: Address, found: Listing, folder: Path) -> None:
    """Fetch the files of a repository, check them, and put them in place together.

    What came whole before a download broke off is not fetched again: the client keeps it.
    """
    wanted = [file for file in found.files if file.name != ATTRIBUTES]
    size = sum(file.size or 0 for file in wanted)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}.") from error
    with replacing(folder, size) as aside:
        aside.mkdir()
        for file in wanted:
            with room_for(folder, file.size):
                kept = api.hf_hub_download(address.repo, file.name, revision=found.commit)
                (aside / file.name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(kept, aside / file.name)
            _require_whole(aside / file.name, file, address)
            require_data(aside / file.name, file.name, address)
        _require_policy(aside, address)
        origin = {
            "hub": endpoint(),
            "repo": address.repo,
            "revision": address.revision,
            "commit": found.commit,
        }
        (aside / ORIGIN).write_text(as_text(origin))


def _require_whole(path: Path, file: File, address: Address) -> None:
    """Refuse a file that has other bytes than the hub said."""
    data = path.read_bytes()
    if file.sha256 is not None:
        is_same = hashlib.sha256(data).hexdigest() == file.sha256
    elif file.git_id is not None:
        head = f"blob {len(data)}\0".encode()
        is_same = hashlib.sha1(head + data, usedforsecurity=False).hexdigest() == file.git_id
    else:
        is_same = len(data) == file.size
    if not is_same:
        raise UsageError(
            f"{address} gave {file.name} with other bytes than it lists: it is not kept. Try again."
        )


def _require_policy(folder: Path, address: Address) -> None:
    """Refuse a policy that cannot be read, unless only its own parts are wanting."""
    if has_own_parts(read_json(folder / POLICY / DESCRIPTION)):
        return  # `load` asks for the agent, whose parts are known to its user alone
    try:
        with warnings_ignored():
            load(folder)
    except UsageError as error:
        said = str(error).replace(f"{folder}", f"{address}")
        raise UsageError(f"{address} is not kept: {said}") from None
