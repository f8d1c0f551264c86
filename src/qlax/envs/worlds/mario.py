"""Super Mario Bros.: every choice of how an agent sees and plays it, in one place.

The game is of the package gym-super-mario-bros, on the console that nes-py emulates. Their releases
for Python 3.11 and 3.12 speak the language of Gym, which Gymnasium has replaced; those for Python
3.13 and later speak Gymnasium's. `Game` is either. An id with a world and a stage, such as
`SuperMarioBros-1-1-v0`, is that stage and one life; one without is the whole game with three lives.
That the game's own clock runs out is a death like others.

A frame pays how far Mario moved to the right, less what the clock lost, less 25 for a death, all of
it within ± 15. This is what the package paid up to its release 7.4, and what figures in papers are
of. Later releases pay for points, coins and more too, so there it is computed here.
"""

import functools
import importlib
from typing import Any

import gymnasium
import numpy as np

from qlax.envs.worlds.screens import shrunk_to
from qlax.silence import output_dropped, warnings_ignored

RIGHT, LEFT, A, B = 0b1000_0000, 0b0100_0000, 0b0000_0001, 0b0000_0010
"""Buttons of the console's pad: A jumps, B runs."""
MOVES = (0, RIGHT, RIGHT | A, RIGHT | B, RIGHT | A | B, A, LEFT)
"""The buttons that an action holds down, which the package calls simple movement."""
FRAME_SKIP = 4
"""Frames that an action lasts, of 60 in a second; their rewards are added."""
SIZE = 84
"""Rows and columns that pictures are scaled to."""
RED = 0
"""The channel that is seen of them. In shades of grey Mario is as bright as the sky before which he
jumps, and nearly vanishes; in red he is bright, the sky dark, and hills and pipes differ."""
STACK = 4
"""Pictures seen at once; black ones stand before an episode's first."""


def preprocessed(record: Any, time_limit: int | None) -> gymnasium.Env:
    """Return the game that a record of Gymnasium's registry names, as an agent sees it."""
    from gymnasium.wrappers import (
        FrameStackObservation,
        TimeLimit,
        TransformAction,
        TransformObservation,
    )

    ours = record if record.entry_point == _GAME else _record_of(record)
    game = gymnasium.make(ours, disable_env_checker=True)
    moves: Any = gymnasium.spaces.Discrete(len(MOVES))
    moved: gymnasium.Env = TransformAction(game, MOVES.__getitem__, moves)
    picture = gymnasium.spaces.Box(0, 255, (SIZE, SIZE), np.uint8)
    seen = TransformObservation(_Skipping(moved), shrunk_to(SIZE, SIZE, RED), picture)
    stacked: gymnasium.Env = FrameStackObservation(seen, STACK, padding_type="zero")
    return stacked if time_limit is None else TimeLimit(stacked, time_limit)


def listed(record: Any) -> bool:
    """Return whether a game looks as it always did: higher versions are of simpler pictures."""
    return int(record.version) == 0


def register() -> None:
    """Make the package's ids known to Gymnasium, where it has not done so itself."""
    _package()
    if "SuperMarioBros-v0" in gymnasium.registry:
        return
    import gym

    for record in gym.envs.registry.values():
        if str(record.entry_point).startswith(f"{_PACKAGE}:"):
            gymnasium.registry[record.id] = _record_of(record)


class Game(gymnasium.Env):
    """A game of the package, of any release.

    Actions are bytes: a bit for each button. What is seen is the console's own screen, [240, 256,
    3], over which the next frame is drawn.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 60}  # noqa: RUF012 - Gymnasium's name

    def __init__(self, kind: str, render_mode: str | None = None, **settings: Any) -> None:
        """Switch the console on.

        Args:
            kind: The package's name of the game's class.
            render_mode: `rgb_array`, or None.
            settings: What that class is made with.
        """
        self.render_mode = render_mode
        self._kind = kind
        self._console: Any = _switched_on(kind, settings)
        self._before: dict[str, Any] = {}
        self.observation_space = gymnasium.spaces.Box(
            0, 255, self._console.observation_space.shape, np.uint8
        )
        self.action_space = gymnasium.spaces.Discrete(256)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin a game; the seed matters only where the stage is drawn at random."""
        super().reset(seed=seed)
        begun = self._console.reset(seed=seed, options=options)
        screen, self._before = begun if isinstance(begun, tuple) else (begun, {})
        return screen, self._before

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Play a frame with the action's buttons held down."""
        screen, reward, terminated, *_, info = self._console.step(int(action))
        if self._kind == "SuperMarioBrosEnv" and "death" in info:  # a later release
            reward = paid(self._before, info)
        self._before = info
        return screen, float(reward), bool(terminated), False, info

    def render(self) -> Any:
        """Return the screen."""
        return self._console.screen.copy() if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Switch the console off; it may be off already."""
        if self._console is not None:
            self._console.close()
        self._console = None


def paid(before: dict[str, Any], after: dict[str, Any]) -> float:
    """Return the reward of a frame, from the infos of later releases before and after it.

    Mario never moves by more than 5 pixels at once, except where he is put elsewhere; and the
    clock goes up only where it is set anew. Neither pays.
    """
    moved = after["x_pos"] - before["x_pos"]
    ticked = after["time"] - before["time"]
    reward = (moved if abs(moved) <= 5 else 0) + min(ticked, 0) - 25 * bool(after["death"])
    return float(np.clip(reward, -15, 15))


class _Skipping(gymnasium.Wrapper):
    """Lets every action last `FRAME_SKIP` frames, or to the end of the episode."""

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        total = 0.0
        for _ in range(FRAME_SKIP):
            screen, reward, terminated, truncated, info = self.env.step(action)
            total += float(reward)
            if terminated or truncated:
                break
        return screen, total, terminated, truncated, info


_PACKAGE = "gym_super_mario_bros"
_GAME = f"{__name__}:Game"


def _record_of(theirs: Any) -> gymnasium.envs.registration.EnvSpec:
    """Return Gymnasium's record of a `Game` from the package's record, Gym's or Gymnasium's.

    What theirs says of time limits and of solved games are numbers never reached.
    """
    kind = theirs.entry_point.partition(":")[2]
    return gymnasium.envs.registration.EnvSpec(
        theirs.id, _GAME, kwargs={"kind": kind, **theirs.kwargs}, disable_env_checker=True
    )


@functools.cache
def _package() -> Any:
    """Return the package, imported without what Gym then prints and warns of: that it is old."""
    with output_dropped(), warnings_ignored():
        return importlib.import_module(_PACKAGE)


def _switched_on(kind: str, settings: dict[str, Any]) -> Any:
    """Return a console with the game in it."""
    game = getattr(_package(), kind)
    try:
        return game(**settings)
    except OverflowError:
        _mend()
        return game(**settings)


def _mend() -> None:
    """Let nes-py and the game count beyond 255, where NumPy 2 stops them.

    They take single bytes from NumPy's arrays and compute sizes and places with them, and since
    NumPy 2 the results have to be bytes too. Here the header of a ROM becomes an array of wide
    integers, and the memory of a game a `memoryview`, whose bytes are Python's own integers. The
    numbers are the same, and where this is called, no game could be made before.
    """
    from nes_py._rom import ROM

    game = _package().SuperMarioBrosEnv
    memory = game._ram_buffer
    ROM.header = property(lambda rom: rom.raw_data[:16].astype(int))
    game._ram_buffer = lambda console: memoryview(memory(console))
