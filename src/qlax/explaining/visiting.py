"""Where training has been: what the newest checkpoint's replay holds, or else what was played."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from qlax.errors import UsageError
from qlax.explaining.playing import Episode
from qlax.replay.frames import newest
from qlax.runs import checkpoint
from qlax.spaces import EnvSpec, zeros

_FEW = 50
"""States of a replay below which they say less than what is played."""
_MOST_BYTES = 2**28
"""The largest array of a replay that is read whole."""
_SEEN = "/seen/observation"


@dataclass(frozen=True, kw_only=True, eq=False)
class Visits:
    """States, the oldest first."""

    observation: Any
    """Each array [V, …]; of stacks only the newest frame."""
    legal: np.ndarray | None
    """Which actions are legal there, bool, [V, A]; None if all always are."""
    while_training: bool
    """Whether training was there; otherwise the finished policy, at play."""
    says: str
    """What they are, as the end of a sentence."""

    def __len__(self) -> int:
        return len(jax.tree.leaves(self.observation)[0])


def visited(spec: EnvSpec, folder: Path | None, episodes: list[Episode]) -> Visits:
    """Return where a run has been.

    Args:
        spec: Its environment's description.
        folder: Its folder; None if there is none.
        episodes: What its policy has played, for runs without a replay.
    """
    found = None if folder is None else _in_replay(spec, folder)
    if found is not None:
        return found
    kept = [
        jax.tree.map(lambda array, e=one: array[: e.within], one.observation) for one in episodes
    ]
    observation = jax.tree.map(lambda *arrays: np.concatenate(arrays), *kept)
    masks = [one.legal[: one.within] for one in episodes if one.legal is not None]
    legal = np.concatenate(masks) if masks else None
    count = len(jax.tree.leaves(observation)[0])
    return Visits(
        observation=newest(observation, spec.observation),
        legal=legal,
        while_training=False,
        says=f"{count:,} states of {len(episodes)} greedy episodes after training",
    )


def _in_replay(spec: EnvSpec, folder: Path) -> Visits | None:
    """Return what the newest checkpoint's replay holds; None if there is too little."""
    kept = checkpoint.checkpoints(folder)
    if not kept:
        return None
    try:
        return _read(spec, kept[-1] / "state.npz")
    except (UsageError, OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None  # of a replay of the user's own, say


def _read(spec: EnvSpec, path: Path) -> Visits | None:
    with np.load(path, allow_pickle=False) as archive:
        heads = [name.partition(_SEEN)[0] for name in archive.files if _SEEN in name]
        rings = {head for head in heads if f"{head}/flags" in archive.files}
        if len(rings) != 1:
            return None
        (ring,) = rings
        flags, count = archive[f"{ring}/flags"], int(archive[f"{ring}/count"])
        rows, num_envs = flags.shape
        # Row t % R holds observation t; observations count − R + 1 … count are there.
        held = min(count + 1, rows)
        if held * num_envs < _FEW:
            return None
        order = np.arange(count - held + 1, count + 1) % rows

        def ordered(name: str) -> np.ndarray:
            array = archive[name]
            if array.nbytes > _MOST_BYTES:
                raise ValueError("too much")
            return np.asarray(array[order].reshape((-1, *array.shape[2:])))

        places, structure = jax.tree_util.tree_flatten_with_path(zeros(spec.observation))
        names = [jax.tree_util.keystr(place, simple=True, separator="/") for place, _ in places]
        leaves = [ordered(f"{ring}{_SEEN}{'/' + name if name else ''}") for name in names]
        observation = jax.tree_util.tree_unflatten(structure, leaves)
        mask = f"{ring}/seen/legal"
        legal = ordered(mask) if mask in archive.files else None
    return Visits(
        observation=observation,
        legal=legal,
        while_training=True,
        says=f"the newest {held * num_envs:,} states of training, which its replay holds",
    )
