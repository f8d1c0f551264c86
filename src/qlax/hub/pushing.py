"""`qlax push`: a finished run into a repository of a hub, as one commit."""

import shutil
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from qlax.addresses import folder_of
from qlax.arguments import flag, instance_of, path_of, refuses_plainly
from qlax.errors import EnvironmentFailure, UsageError
from qlax.hub.address import Address, address_of
from qlax.hub.card import card_of
from qlax.hub.client import client, endpoint, has_token, talking_about
from qlax.hub.contents import (
    ATTRIBUTES,
    CARD,
    FILM,
    files_in,
    has_own_parts,
    is_known,
    require_data,
)
from qlax.hub.listing import Listing, listing
from qlax.loading import load, seeds_in
from qlax.policy import DESCRIPTION, Policy
from qlax.runs.folder import POLICY, read_json, require_free
from qlax.runs.outcome import Run
from qlax.runs.saved import SavedRun, read_run
from qlax.warning import warn
from qlax.watching.filming import film as film_policy

_SECONDS, _WIDTH = 15.0, 360


class Pushed(NamedTuple):
    """What was uploaded."""

    url: str
    """The repository's page."""
    commit: str
    """The commit that it is."""
    files: tuple[str, ...]
    """The names of the files."""


@refuses_plainly
def push(
    run: str | Path | Run,
    address: str,
    *,
    private: bool = False,
    film: bool = True,
    message: str | None = None,
) -> Pushed:
    """Upload a finished run to a hub: policy, configuration, result, metrics, pictures, film, card.

    No checkpoints and no replay are uploaded, and nothing that `pull` would refuse. Everything
    becomes one commit. Files of an earlier run in the repository that this one lacks are deleted.

    >>> qlax.push("runs/MountainCar-v0/dqn/seed-0", "hf:me/mountain-car").url

    Args:
        run: A finished run of one seed, or its folder.
        address: `hf:USER/NAME`. A repository that is not there is made.
        private: Whether one that is made is private.
        film: Whether an episode is filmed.
        message: Of the commit; None for one that says what it is.

    Raises:
        UsageError: if the run is not finished, nobody is logged in, the hub does not answer or
            refuses, or the repository holds anything but a run.
    """
    to = _target(address)
    private, film = flag("private", private), flag("film", film)
    if message is not None:
        instance_of("message", message, str, "text")
    saved, policy = _finished(run)
    api = client()
    if not has_token():
        raise UsageError(
            "Nobody is logged in to the hub: log in by `hf auth login`, or set HF_TOKEN to a token "
            "with the right to write."
        )
    with talking_about(to):
        before = _before(api, to)
    with tempfile.TemporaryDirectory(prefix="qlax-push-") as scratch:
        names = _gather(saved, policy if film else None, to, Path(scratch))
        with talking_about(to):
            if before is None:
                api.create_repo(to.repo, private=private, exist_ok=True)
            commit = _commit(api, to, Path(scratch), names, before, message or _message(saved))
    return Pushed(f"{endpoint()}/{to.repo}", commit, tuple(names))


@refuses_plainly
def preview(
    run: str | Path | Run, address: str, out: str | Path, *, film: bool = True
) -> tuple[str, ...]:
    """Write what `push` would upload into a folder, and upload nothing; return the names."""
    to, folder = _target(address), path_of("out", out)
    saved, policy = _finished(run)
    client()
    require_free(folder)
    with tempfile.TemporaryDirectory(prefix="qlax-push-") as scratch:
        names = _gather(saved, policy if film else None, to, Path(scratch))
        shutil.copytree(scratch, folder, dirs_exist_ok=True)
    return tuple(names)


def _target(address: str) -> Address:
    to = address_of("address", address)
    if to.revision is not None:
        raise UsageError(
            f"address is '{to}', but a run is pushed to the main branch: give 'hf:{to.repo}'."
        )
    return to


def _finished(run: Any) -> tuple[SavedRun, Policy | None]:
    """Return a finished run and its policy; None for one with parts that only its user has.

    Raises:
        UsageError: if there is none.
    """
    folder = run.folder if isinstance(run, Run) else folder_of("run", run)
    seeds = seeds_in(folder)
    if seeds:
        first = next(iter(seeds.values()))
        raise UsageError(f"{folder} holds several seeds: push one of them, such as {first}.")
    saved = read_run(folder)
    if saved.status != "finished":
        raise UsageError(
            f"{folder} is not finished, it is {saved.status}: push it when it is, or go on with it "
            f"by qlax.resume({str(folder)!r})."
        )
    if isinstance(run, Run):
        return saved, run.policy
    is_own = has_own_parts(read_json(folder / POLICY / DESCRIPTION))
    return saved, None if is_own else load(folder)


def _before(api: Any, to: Address) -> Listing | None:
    """Return what the repository holds; None if there is none yet.

    Raises:
        UsageError: if it holds what is no run's.
    """
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        found = listing(api, to)
    except GatedRepoError:
        raise
    except RepositoryNotFoundError:
        return None
    strange = [file.name for file in found.files if not is_known(file.name)]
    if strange:
        raise UsageError(
            f"{to} is there already and holds {strange[0][:200]!r}, which is not among the data of "
            "a run: push to another name."
        )
    return found


def _gather(run: SavedRun, played: Policy | None, to: Address, folder: Path) -> list[str]:
    """Put what is uploaded into a folder, with a film of the policy played; return the names."""
    for name in files_in(run.folder):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(run.folder / name, folder / name)
    if played is not None:
        try:
            film_policy(played, folder / FILM, seconds=_SECONDS, width=_WIDTH)
        except (UsageError, EnvironmentFailure) as error:
            warn(f"There is no film: {error}")
    card = card_of(run, to, film=(folder / FILM).is_file())
    (folder / CARD).write_text(card, "utf-8")
    names = sorted([*files_in(folder), CARD, *([FILM] if (folder / FILM).is_file() else [])])
    for name in names:
        require_data(folder / name, name, run.folder)
    return names


def _commit(
    api: Any, to: Address, folder: Path, names: list[str], before: Listing | None, message: str
) -> str:
    """Upload the files as one commit, and return which."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    old = () if before is None else (file.name for file in before.files)
    made = api.create_commit(
        to.repo,
        [
            *(CommitOperationAdd(name, str(folder / name)) for name in names),
            *(CommitOperationDelete(name) for name in old if name not in (*names, ATTRIBUTES)),
        ],
        commit_message=message,
        parent_commit=None if before is None else before.commit,
    )
    return str(made.oid)


def _message(run: SavedRun) -> str:
    return f"{run.agent} on {run.env}, {run.steps:,} steps, seed {run.seed}"
