"""Where training has been: what the newest checkpoint's replay holds, or else what was played."""

import struct
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
_MOST_BYTES = 2**25
"""Bytes of a replay that are read: of more, some states, evenly spaced."""
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
    with zipfile.ZipFile(path) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist()]
    rings = {name.partition(_SEEN)[0] for name in names if _SEEN in name}
    rings = {ring for ring in rings if f"{ring}/flags" in names}
    if len(rings) != 1:
        return None
    (ring,) = rings
    flags, count = _mapped(path, f"{ring}/flags"), int(_mapped(path, f"{ring}/count"))
    rows, num_envs = flags.shape
    # Row t % R holds observation t; observations count − R + 1 … count are there.
    held = min(count + 1, rows)
    if held * num_envs < _FEW:
        return None
    places, structure = jax.tree_util.tree_flatten_with_path(zeros(spec.observation))
    leaves = [
        _mapped(path, f"{ring}{_SEEN}{'/' if place else ''}{_name(place)}") for place, _ in places
    ]
    size = sum(leaf.nbytes for leaf in leaves) // rows
    step = max(held * size // _MOST_BYTES, 1)
    order = np.arange(count - held + 1, count + 1, step) % rows
    kept = [np.asarray(leaf[order].reshape((-1, *leaf.shape[2:]))) for leaf in leaves]
    mask = f"{ring}/seen/legal"
    legal = _mapped(path, mask)[order].reshape(-1, spec.num_actions) if mask in names else None
    some = f"{len(order) * num_envs:,} of " if step > 1 else ""
    return Visits(
        observation=jax.tree_util.tree_unflatten(structure, kept),
        legal=legal,
        while_training=True,
        says=f"{some}the newest {held * num_envs:,} states of training, which its replay holds",
    )


def _name(place: Any) -> str:
    return str(jax.tree_util.keystr(place, simple=True, separator="/"))


def _mapped(path: Path, name: str) -> np.ndarray:
    """Return an array of an archive that is not compressed; only what is looked at is read."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(f"{name}.npy")
        if info.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"{name} is compressed")
    with path.open("rb") as file:
        file.seek(info.header_offset + _NAME_LENGTH)
        name_length, extra_length = struct.unpack("<HH", file.read(4))
        file.seek(info.header_offset + _LOCAL_HEADER + name_length + extra_length)
        version = np.lib.format.read_magic(file)
        heads = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        shape, _, dtype = heads[version](file)
        if dtype.hasobject or not np.prod(shape):
            raise ValueError(f"{name} holds no numbers")
        return np.memmap(path, dtype, "r", offset=file.tell(), shape=shape)


_NAME_LENGTH, _LOCAL_HEADER = 26, 30
"""Where a zip archive's local header has the length of the name, and how long it is itself."""
