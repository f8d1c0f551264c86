"""Doom, by ViZDoom: every choice of how an agent sees and plays its scenarios, in one place.

An agent sees the newest pictures, and beside them the numbers that the scenario shows, as they
are: health and ammunition, say. Of a scenario that has none it sees the pictures alone. Rewards are
the scenario's.

The scenario's time limit becomes Gymnasium's `TimeLimit`. Where the game itself keeps it, an
episode that runs out of time counts as lost and its last picture is black; but what such an
episode is worth is what is still to come from what is seen last.

Reference: Kempka et al. (2016), arXiv 1605.02097.
"""

import contextlib
import math
import os
import signal
import tempfile
from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np

from qlax.envs.worlds.screens import shrunk_to

FRAME_SKIP = 4
"""Frames that an action lasts, of 35 in a second."""
SCREEN = "RES_160X120"
"""What the game draws: the smallest of its screens, in colour."""
ROWS, COLUMNS = 60, 80
"""What pictures are scaled to, in shades of grey."""
STACK = 4
"""Pictures, and numbers, seen at once; an episode's first stand for those before it."""


def preprocessed(record: Any, time_limit: int | None) -> gymnasium.Env:
    """Return the scenario that a record of Gymnasium's registry names, as an agent sees it."""
    from gymnasium.wrappers import FrameStackObservation, TimeLimit

    made = gymnasium.make(
        record, frame_skip=FRAME_SKIP, screen_resolution=SCREEN, disable_env_checker=True
    )
    doom: Any = made.unwrapped.game  # type: ignore[attr-defined]
    doom.set_doom_config_path(os.devnull)  # settings are the game's own, and written nowhere
    frames = doom.get_episode_timeout()
    doom.set_episode_timeout(0)
    seen: gymnasium.Env = FrameStackObservation(
        _with_small_pictures(_Kept(made)), STACK, padding_type="reset"
    )
    limit = time_limit or math.ceil(frames / FRAME_SKIP)
    return TimeLimit(seen, limit) if limit else seen


def listed(record: Any) -> bool:
    """Return whether actions of a scenario are single buttons, not all combinations of them."""
    return bool(record.kwargs.get("max_buttons_pressed"))


def _with_small_pictures(env: gymnasium.Env) -> gymnasium.Env:
    """Return the environment with small grey pictures, which stand alone if there is no more."""
    from gymnasium.wrappers import TransformObservation

    shrink = shrunk_to(ROWS, COLUMNS)
    space: Any = env.observation_space
    picture = gymnasium.spaces.Box(0, 255, (ROWS, COLUMNS), np.uint8)
    if set(space) == {"screen"}:
        return TransformObservation(env, lambda seen: shrink(seen["screen"]), picture)
    return TransformObservation(
        env,
        lambda seen: {**seen, "screen": shrink(seen["screen"])},
        gymnasium.spaces.Dict({**space.spaces, "screen": picture}),
    )


class _Kept(gymnasium.Wrapper):
    """Starts the game, a process of its own, out of Ctrl-C's reach and in a folder of its own.

    Ctrl-C asks a run to end in good order, for which the game is needed. And the game makes a
    folder for its screenshots wherever it is started: there it would stay, and of two games that
    start at the same moment in the same place, one fails to make it and is lost.
    """

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        game: Any = self.unwrapped.game  # type: ignore[attr-defined]
        if game.is_running():
            return self.env.reset(seed=seed, options=options)
        with _signals_held(), tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            return self.env.reset(seed=seed, options=options)


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Let signals to end wait meanwhile; for a process started meanwhile they wait for ever."""
    if not hasattr(signal, "pthread_sigmask"):
        yield  # Windows has no such signals
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
