"""What the page of one run shows beyond the list: its outcome, its failure, its policies."""

from pathlib import Path
from typing import Any

from qlax.errors import UsageError
from qlax.runs.disk import CHECKPOINTS
from qlax.runs.folder import POLICY
from qlax.runs.moments import BEST
from qlax.runs.saved import SavedRun

_LONGEST_TEXT = 200_000
MAPPED = ("FrozenLake", "CliffWalking", "Taxi-", "Blackjack-", "DeepSea-bsuite")
"""How the ids of worlds with a map begin, as `qlax.explaining.maps` has them."""


def details(run: SavedRun) -> dict[str, Any]:
    """Return everything about a run that its page shows once."""
    return {
        "result": run.result,
        "log": _log(run.failure),
        "fitted": run.config.get("fitted", []),
        "valued": _is_valued(run),
        "moments": [steps for steps, _ in run.moments],
        "policies": policies(run),
    }


def policies(run: SavedRun) -> list[dict[str, Any]]:
    """Return the policies of a run that can play, each with what it is called and asked for by."""
    found = [{"policy": "last", "steps": None}] if _has_last(run) else []
    if _is_policy(run.folder / BEST):
        found.append({"policy": "best", "steps": None})
    return found + [{"policy": str(steps), "steps": steps} for steps, _ in run.moments]


def policy_folder(run: SavedRun, policy: str) -> Path:
    """Return the folder of a policy: the `last`, the `best`, or of a moment in steps.

    Raises:
        UsageError: if the run has none of that name.
    """
    if policy == "last" and _has_last(run):
        return run.folder
    if policy == "best" and _is_policy(run.folder / BEST):
        return run.folder / BEST
    for steps, folder in run.moments:
        if policy == str(steps) and _is_policy(folder):
            return folder
    if policy == "last":
        raise UsageError("The run has no policy yet: its first checkpoint brings one.")
    raise UsageError(f"The run has no policy {policy!r}.")


def value_folders(run: SavedRun, steps: list[int]) -> list[Path]:
    """Return the folders of a run's moments, or of some of them."""
    found = [folder for at, folder in run.moments if not steps or at in steps]
    folders = [folder for folder in found if _is_policy(folder)]
    if not folders and not steps and _has_last(run):
        folders = [run.folder]
    if not folders:
        raise UsageError("The run has no policy yet: its first checkpoint brings one.")
    return folders


def _has_last(run: SavedRun) -> bool:
    """Return whether a run has a policy of its own, or a checkpoint that has one."""
    if (run.folder / POLICY).is_symlink():
        return False
    checkpoints = run.folder / CHECKPOINTS
    return (run.folder / POLICY).is_dir() or (
        checkpoints.is_dir() and not checkpoints.is_symlink() and any(checkpoints.iterdir())
    )


def _is_policy(folder: Path) -> bool:
    """Return whether a folder is there; links are not followed."""
    return folder.is_dir() and not folder.is_symlink() and not folder.parent.is_symlink()


def _is_valued(run: SavedRun) -> bool:
    """Return whether values are shown: of two numbers observed, or of a world with a map."""
    if run.env.rpartition("/")[2].startswith(MAPPED):
        return True
    spec = run.config.get("spec")
    space = spec.get("observation") if isinstance(spec, dict) else None
    return (
        isinstance(space, dict)
        and space.get("type") == "spaces.Box"
        and space.get("shape") == [2]
        and str(space.get("dtype")).startswith("float")
    )


def _log(failure: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what ended a run, as text; of a long traceback the end, which says what happened."""
    if failure is None:
        return None
    texts = {name: failure.get(name) for name in ("kind", "message", "traceback")}
    return {
        **{name: text[-_LONGEST_TEXT:] for name, text in texts.items() if isinstance(text, str)},
        "env_steps": failure.get("env_steps"),
    }
