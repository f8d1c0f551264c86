"""Atari games: every choice of how an agent sees and plays them, in one place.

Training and evaluation play the same game: pictures, frame skip, sticky actions and no-op starts
are alike. What training alone does is to end an episode with each life, where Mnih et al. (2015)
do, and, if the agent's reward stage is `Clipped`, to pay signs of rewards. Evaluation is of full
games and their scores, by Gymnasium's own wrappers.

Whether actions stick is the id's: `ALE/Pong-v5` repeats the last action with probability 0.25,
as Machado et al. (2018), arXiv 1709.06009, recommend; `PongNoFrameskip-v4` never does.
"""

from typing import Any

import gymnasium

FRAME_SKIP = 4
"""Frames that an action lasts; the agent sees the brighter of the last two, pixel by pixel."""
SIZE = 84
"""Rows and columns that pictures are scaled to, in shades of grey."""
STACK = 4
"""Pictures seen at once; black ones stand before an episode's first."""
MOST_NOOPS = 30
"""A game begins after 1 to so many frames in which nothing is done."""


def preprocessed(record: Any, time_limit: int | None) -> gymnasium.Env:
    """Return the game that a record of Gymnasium's registry names, as an agent sees it."""
    from ale_py import ALEInterface, LoggerMode
    from gymnasium.wrappers import AtariPreprocessing, FrameStackObservation, TimeLimit

    ALEInterface.setLoggerMode(LoggerMode.Error)  # no banner for every game that is opened
    game = gymnasium.make(record, frameskip=1, disable_env_checker=True)
    seen = AtariPreprocessing(
        game, noop_max=MOST_NOOPS, frame_skip=FRAME_SKIP, screen_size=SIZE, grayscale_obs=True
    )
    stacked: gymnasium.Env = FrameStackObservation(seen, STACK, padding_type="zero")
    return stacked if time_limit is None else TimeLimit(stacked, time_limit)
