"""Episodes kept as data: a folder of arrays and JSON, from which no code is ever loaded.

`plays.json` says what was played and by whom, and lists the episodes; each is a file
`episode-0000.npz` with, for T steps,

    observations     [T + 1, …], as the environment shows them; of several entries
                     `observations/NAME` each
    actions          [T], int64, as the environment numbers them
    rewards          [T], float64
    terminated       [T], bool: the episode ended in a terminal state with this step
    truncated        [T], bool: it was cut after this step
    action_masks     [T + 1, A], bool, where the environment has masks; all ones in a last state
    q_values         [T, A], float32, where an agent was beside; −∞ for illegal actions

An episode that was left has neither end in its last step.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from qlax import config
from qlax._version import __version__
from qlax.envs.conversion import Reader, Unfit
from qlax.envs.origin import Origin
from qlax.errors import EnvironmentFailure, UsageError
from qlax.runs.folder import read_json, replacing, write_json
from qlax.runs.formats import PLAYS, require_format
from qlax.spaces import Composite, EnvSpec
from qlax.watching.playing import Turn

DESCRIPTION = "plays.json"
_OBSERVATIONS = "observations"


class Episode(NamedTuple):
    """An episode read back; see the module for shapes."""

    observations: Any
    """An array, or a dict of arrays."""
    actions: np.ndarray
    """What was done."""
    rewards: np.ndarray
    """What it paid."""
    terminated: np.ndarray
    """Whether a terminal state was reached."""
    truncated: np.ndarray
    """Whether the episode was cut."""
    action_masks: np.ndarray | None
    """Which actions were legal, where that is known."""
    q_values: np.ndarray | None
    """What an agent thought, where one was beside."""


class Recorder:
    """Writes one episode after another to a folder, each once it is over."""

    def __init__(
        self,
        folder: Path,
        spec: EnvSpec,
        names: tuple[str, ...],
        origin: Origin,
        *,
        player: str = "a person",
        beside: str | None = None,
    ) -> None:
        """Get ready; the folder is made with the first episode.

        Args:
            folder: Where to.
            spec: The environment's description.
            names: What its actions are called.
            origin: Where it came from.
            player: Who plays.
            beside: The run of the agent whose values are noted, if there is one.
        """
        self.folder = folder
        """Where to."""
        self._spec, self._reader = spec, Reader(spec)
        self._turns: list[Turn] = []
        self._described: dict[str, Any] = {
            "format": PLAYS,
            "qlax": __version__,
            "player": player,
            "beside": beside,
            "spec": config.to_json(spec),
            "origin": origin.as_json(),
            "actions": list(names),
            "episodes": [],
        }

    @property
    def episodes(self) -> list[dict[str, Any]]:
        """What was written of each episode: file, seed, steps, return and end."""
        listed: list[dict[str, Any]] = self._described["episodes"]
        return listed

    def add(self, turn: Turn) -> None:
        """Note a turn; the first of an episode writes the one before, the last its own."""
        if turn.step == 0:
            self.write()
        self._turns.append(turn)
        if turn.end:
            self.write()

    def write(self) -> None:
        """Write the episode that is under way, if there is something of it.

        Raises:
            UsageError: if the folder cannot be made.
        """
        turns, self._turns = self._turns, []
        if len(turns) < 2:
            return
        last = turns[-1]
        name = f"episode-{len(self.episodes):04d}.npz"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{self.folder} cannot be written: {error}.") from error
        with replacing(self.folder / name) as aside, aside.open("wb") as file:
            np.savez_compressed(file, **self._arrays(turns))  # type: ignore[arg-type]
        self.episodes.append(
            {
                "file": name,
                "seed": last.seed,
                "steps": last.step,
                "return": last.total,
                "end": last.end,
            }
        )
        write_json(self.folder / DESCRIPTION, self._described)

    def _arrays(self, turns: list[Turn]) -> dict[str, np.ndarray]:
        after = turns[1:]
        arrays = {
            **self._observations([turn.observation for turn in turns]),
            "actions": np.asarray([turn.taken for turn in after], np.int64),
            "rewards": np.asarray([turn.reward for turn in after], np.float64),
            "terminated": np.asarray([turn.end == "terminated" for turn in after]),
            "truncated": np.asarray([turn.end == "truncated" for turn in after]),
        }
        every = np.ones(self._spec.num_actions, bool)
        if self._spec.has_mask:
            legal = [every if turn.legal is None else turn.legal for turn in turns]
            arrays["action_masks"] = np.stack(legal)
        thoughts = [turn.thought for turn in turns[:-1]]
        if all(thought is not None for thought in thoughts):
            arrays["q_values"] = np.stack(
                [thought.q_values for thought in thoughts if thought is not None]
            )
        return arrays

    def _observations(self, shown: list[Any]) -> dict[str, np.ndarray]:
        try:
            read = [self._reader.arrays(one).observation for one in shown]
        except Unfit as unfit:
            raise EnvironmentFailure(f"{self._spec.id} showed {unfit}.") from None
        if not isinstance(self._spec.observation, Composite):
            return {_OBSERVATIONS: np.stack(read)}
        return _flat(read, _OBSERVATIONS)


def _flat(read: list[dict[str, Any]], name: str) -> dict[str, np.ndarray]:
    """Return the arrays of dicts of arrays, by their paths."""
    arrays: dict[str, np.ndarray] = {}
    for key, inner in read[0].items():
        inside = [one[key] for one in read]
        path = f"{name}/{key}"
        arrays |= _flat(inside, path) if isinstance(inner, dict) else {path: np.stack(inside)}
    return arrays


def read_plays(folder: str | Path) -> tuple[dict[str, Any], list[Episode]]:
    """Return what `plays.json` says, and the episodes.

    Raises:
        UsageError: if there are none, or a file is damaged or in another format.
    """
    path = Path(folder).expanduser()
    if not (path / DESCRIPTION).is_file():
        raise UsageError(f"{path} holds no plays: there is no {DESCRIPTION} in it.")
    described = read_json(path / DESCRIPTION)
    require_format(described, PLAYS, path / DESCRIPTION)
    listed = described.get("episodes")
    names: list[Any] = [None]
    if isinstance(listed, list) and all(isinstance(one, dict) for one in listed):
        names = [one.get("file") for one in listed]
    if not all(isinstance(name, str) and Path(name).name == name for name in names):
        raise UsageError(f"{path / DESCRIPTION} is damaged: it lists no files of episodes.")
    return described, [_read(path / name) for name in names]


def _read(path: Path) -> Episode:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise UsageError(f"{path} is not there, though {DESCRIPTION} lists it.") from None
    except Exception as error:
        raise UsageError(f"{path} is damaged and cannot be read: {error}.") from None
    missing = [name for name in Episode._fields[1:5] if name not in arrays]
    observations = _nested(arrays)
    steps = {len(arrays[name]) for name in Episode._fields[1:5] if name in arrays}
    if missing or observations is None or len(steps) != 1:
        lacks = ", ".join(missing) or "arrays of one length"
        raise UsageError(f"{path} is damaged: it lacks {lacks}.")
    others = {name: arrays.get(name) for name in Episode._fields[1:]}
    return Episode(observations, **others)  # type: ignore[arg-type]


def _nested(arrays: Mapping[str, np.ndarray]) -> Any:
    """Return observations as they were: an array, or a dict."""
    if _OBSERVATIONS in arrays:
        return arrays[_OBSERVATIONS]
    whole: dict[str, Any] = {}
    for name, array in arrays.items():
        if name.startswith(f"{_OBSERVATIONS}/"):
            *above, last = name.split("/")[1:]
            inside = whole
            for key in above:
                inside = inside.setdefault(key, {})
            inside[last] = array
    return whole or None
