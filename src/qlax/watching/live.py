"""A policy at play, live, on a screen that can be paused, stepped and sped up."""

from collections.abc import Callable, Mapping
from typing import Any

from qlax.arguments import refuses_plainly, whole_number
from qlax.envs.opening import EnvLike, opened
from qlax.errors import require
from qlax.policy import Policy
from qlax.precision import in_32_bits
from qlax.watching.layout import Layout
from qlax.watching.playing import FIRST_SEED, Game, game
from qlax.watching.remote import Remote, Screen, linger
from qlax.watching.streaming import values_of


@refuses_plainly
@in_32_bits
def watch(
    newest: Callable[[], Policy],
    screen: Screen,
    env: EnvLike | None = None,
    *,
    env_kwargs: Mapping[str, Any] | None = None,
    seed: int = FIRST_SEED,
    episodes: int | None = None,
    fps: int | None = None,
    width: int = 600,
    caption: Callable[[], str | None] = lambda: None,
) -> list[float]:
    """Play on a screen until somebody has seen enough, or episodes are over.

    Args:
        newest: Gives who plays, asked before every episode.
        screen: Where it is shown; it is closed in the end.
        env: In what; None for the environment the policy was trained in.
        env_kwargs: Its arguments.
        seed: Seed of the first episode; the others have the numbers after it.
        episodes: How many; None for no end.
        fps: Steps a second; None for the environment's own pace.
        width: Largest width of the environment's picture.
        caption: Gives what stands above, asked before every episode; None for nothing, always.

    Returns:
        The returns of the episodes that were seen to their end.

    Raises:
        UsageError: if the environment does not fit the policy or cannot be drawn.
        EnvironmentFailure: if it fails.
    """
    seed = whole_number("seed", seed)
    width = whole_number("width", width, at_least=16)
    if episodes is not None:
        episodes = whole_number("episodes", episodes, at_least=1)
    if fps is not None:
        fps = whole_number("fps", fps)
        require(1 <= fps <= 1000, "fps", fps, "from 1 to 1000")
    policy, remote, returns = newest(), Remote(), list[float]()
    with (
        opened(*policy.environment(env, env_kwargs)) as source,
        game(source, policy) as played,
    ):
        layout = Layout(played.spec, played.names, width=width, caption=caption())
        seconds = 1.0 / (played.pace if fps is None else fps)
        try:
            number = 0
            while not remote.over and (episodes is None or number < episodes):
                if number > 0:
                    if (now := newest()) is not played.policy:
                        played.meet(now)
                    layout.caption = caption()
                returns += _episode(played, layout, screen, remote, seed + number, seconds)
                number += 1
        finally:
            screen.close()
    return returns


def _episode(
    played: Game, layout: Layout, screen: Screen, remote: Remote, seed: int, seconds: float
) -> list[float]:
    """Play an episode; return its return, or nothing if it was left before its end."""
    turn = played.begin(seed)
    while True:
        values = values_of(turn, played.names)
        linger(screen, remote, layout.picture(turn), turn, values, seconds)
        if turn.end:
            remote.take_skip()
            return [turn.total]
        if remote.over or remote.take_skip():
            return []
        turn = played.take()
