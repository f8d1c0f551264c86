"""Where the states of small worlds lie on a map, and where actions go."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from qlax.envs.worlds.bsuite import DeepSea
from qlax.spaces import EnvSpec

NOWHERE = -1
"""What stands on a map where there is no state."""


class Sheet(NamedTuple):
    """A part of a map: states that differ in two things only."""

    title: str
    """What its states have in common; empty if there is one sheet."""
    cells: np.ndarray
    """Which state is where, int32, [R, C]; `NOWHERE` where there is none."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Map:
    """All states of a world, laid out."""

    states: Any
    """Every state as the agent sees it, each array [S, …]; numbered states from zero."""
    sheets: tuple[Sheet, ...]
    """Where they are."""
    across: int
    """How many sheets are drawn side by side."""
    directions: np.ndarray
    """Where each action goes, (right, down), float32, [S, A, 2]; 0 if it goes nowhere."""
    signs: Mapping[int, str] = dataclasses.field(default_factory=dict)
    """A letter for each action that goes nowhere."""
    legal: np.ndarray | None = None
    """Which actions are legal, bool, [S, A]; None if all always are."""
    places: Mapping[int, str] = dataclasses.field(default_factory=dict)
    """What is at a state, where it is worth saying: `start`, `hole`, `goal`."""
    over: frozenset[int] = frozenset()
    """States in which an episode has ended: nothing is done there, so nothing was learned."""
    walls: tuple[tuple[tuple[float, float], tuple[float, float]], ...] = ()
    """Lines between corners of cells, (column, row) to (column, row), in every sheet."""
    about: str = ""
    """What else a reader must know, in sentences."""
    rows: tuple[str, tuple[str, ...]] | None = None
    """What rows are, and a name for each; None if they are places."""
    columns: tuple[str, tuple[str, ...]] | None = None
    """What columns are, likewise."""


_LEFT, _DOWN, _RIGHT, _UP = (-1, 0), (0, 1), (1, 0), (0, -1)


def map_of(spec: EnvSpec, world: Any, kwargs: Mapping[str, Any]) -> Map | None:
    """Return the map of a world; None if none is known.

    Args:
        spec: Its description.
        world: The environment, as Gymnasium has it.
        kwargs: The arguments that it was made with.
    """
    name = spec.id.rpartition("/")[2]
    for begins, make in _MAPS.items():
        if name.startswith(begins):
            try:
                return make(spec, world.unwrapped, kwargs)
            except (AttributeError, IndexError, KeyError, TypeError, ValueError):
                return None  # of the same name, but not the world that is known
    return None


def _frozen_lake(spec: EnvSpec, env: Any, kwargs: Mapping[str, Any]) -> Map:  # noqa: ARG001
    letters = np.asarray(env.desc).astype(str)
    flat = letters.ravel().tolist()
    known = {"S": "start", "H": "hole", "G": "goal"}
    return Map(
        states=np.arange(len(flat)),
        sheets=(Sheet("", np.arange(len(flat)).reshape(letters.shape)),),
        across=1,
        directions=_alike(len(flat), (_LEFT, _DOWN, _RIGHT, _UP)),
        places={state: known[letter] for state, letter in enumerate(flat) if letter in known},
        over=frozenset(state for state, letter in enumerate(flat) if letter in "HG"),
        about="S is the start, G the goal, H a hole.",
    )


def _cliff_walking(spec: EnvSpec, env: Any, kwargs: Mapping[str, Any]) -> Map:  # noqa: ARG001
    rows, columns = env.shape
    cliff = np.flatnonzero(np.asarray(env._cliff).ravel()).tolist()
    start, goal = int(env.start_state_index), rows * columns - 1
    return Map(
        states=np.arange(rows * columns),
        sheets=(Sheet("", np.arange(rows * columns).reshape(rows, columns)),),
        across=1,
        directions=_alike(rows * columns, (_UP, _RIGHT, _DOWN, _LEFT)),
        places={**dict.fromkeys(cliff, "cliff"), start: "start", goal: "goal"},
        over=frozenset([*cliff, goal]),
        about="S is the start, G the goal, C the cliff.",
    )


def _taxi(spec: EnvSpec, env: Any, kwargs: Mapping[str, Any]) -> Map:  # noqa: ARG001
    drawn = np.asarray(env.desc).astype(str)
    letters = [str(drawn[1 + row, 2 * column + 1]) for row, column in env.locs]
    rows, columns = 5, 5
    cells = np.asarray(
        [
            [[env.encode(row, column, passenger, goal) for column in range(columns)]
             for row in range(rows)]
            for passenger in range(len(letters) + 1)
            for goal in range(len(letters))
        ]
    )  # fmt: skip
    sheets, over, places = [], set(), {}
    for index, sheet in enumerate(cells):
        passenger, goal = divmod(index, len(letters))
        aboard = passenger == len(letters)
        where = "in the taxi" if aboard else f"at {letters[passenger]}"
        sheets.append(Sheet(f"{where}, to {letters[goal]}", sheet))
        if passenger == goal:  # delivered
            over |= set(sheet.ravel().tolist())
        for letter, (row, column) in zip(letters, env.locs, strict=True):
            places[int(sheet[row, column])] = letter
    walls = [
        ((column + 1.0, row + 0.0), (column + 1.0, row + 1.0))
        for row in range(rows)
        for column in range(columns - 1)
        if drawn[1 + row, 2 * column + 2] == "|"
    ]
    number = spec.observation.n  # type: ignore[union-attr]
    legal = np.asarray([env.action_mask(state) for state in range(number)], bool)
    return Map(
        states=np.arange(number),
        sheets=tuple(sheets),
        across=len(letters),
        directions=_alike(number, (_DOWN, _UP, _RIGHT, _LEFT, (0, 0), (0, 0))),
        signs={4: "P", 5: "D"},
        legal=legal if spec.has_mask else None,
        places=places,
        over=frozenset(over),
        walls=tuple(walls),
        about=(
            "Each square is the city with the taxi in each of its places; above it stands where "
            "the passenger is, and where to. In grey ones the passenger has arrived."
        ),
    )


def _blackjack(spec: EnvSpec, env: Any, kwargs: Mapping[str, Any]) -> Map:  # noqa: ARG001
    dealer = range(1, 11)
    states: list[tuple[int, int, int]] = []
    sheets = []
    lowest = 4
    for ace, title in ((0, "no usable ace"), (1, "a usable ace")):
        cells = np.full((22 - lowest, len(dealer)), NOWHERE)
        for player in range(12 if ace else lowest, 22):
            for column, card in enumerate(dealer):
                cells[21 - player, column] = len(states)
                states.append((player, card, ace))
        sheets.append(Sheet(title, cells))
    columns = np.asarray(states).T
    names = [name for name, _ in spec.observation.entries]  # type: ignore[union-attr]
    return Map(
        states=dict(zip(names, columns, strict=True)),
        sheets=tuple(sheets),
        across=2,
        directions=_alike(len(states), ((0, 0), (0, 0))),
        signs={0: "S", 1: "H"},
        rows=("player's sum", tuple(str(number) for number in range(21, lowest - 1, -1))),
        columns=("dealer's card", ("ace", *map(str, dealer[1:]))),
    )


def _deep_sea(spec: EnvSpec, env: Any, kwargs: Mapping[str, Any]) -> Map:  # noqa: ARG001
    size = spec.observation.shape[0]  # type: ignore[union-attr]
    seed = {name: kwargs[name] for name in ("mapping_seed",) if name in kwargs}
    goes_right = DeepSea(size=size, **seed).goes_right
    cells = np.full((size, size), NOWHERE)
    states: list[np.ndarray] = []
    directions = []
    for row in range(size):
        for column in range(row + 1):  # no diver gets further to the right
            cells[row, column] = len(states)
            shown = np.zeros((size, size), np.float32)
            shown[row, column] = 1.0
            states.append(shown)
            right = goes_right[row, column] == 1
            directions.append([(-1, 1), (1, 1)] if right else [(1, 1), (-1, 1)])
    return Map(
        states=np.stack(states),
        sheets=(Sheet("", cells),),
        across=1,
        directions=np.asarray(directions, np.float32),
        places={0: "start", len(states) - 1: "chest"},
        about="S is the start; from ★, going right finds the chest.",
    )


def _alike(states: int, directions: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Return the same directions for all states."""
    return np.broadcast_to(np.asarray(directions, np.float32), (states, len(directions), 2))


_MAPS: dict[str, Callable[[EnvSpec, Any, Mapping[str, Any]], Map]] = {
    "FrozenLake": _frozen_lake,
    "CliffWalking": _cliff_walking,
    "Taxi-": _taxi,
    "Blackjack-": _blackjack,
    "DeepSea-bsuite": _deep_sea,
}
"""What makes each map, by how ids begin."""
