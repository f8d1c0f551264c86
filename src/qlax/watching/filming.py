"""Films of policies at play, with the value of each action beside the picture."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from qlax.arguments import flag, number, path_of, refuses_plainly, whole_number
from qlax.envs.opening import EnvLike, opened
from qlax.errors import require
from qlax.policy import Policy, require_policy
from qlax.precision import in_32_bits
from qlax.watching.film_file import require_format, write_film
from qlax.watching.layout import Layout
from qlax.watching.playing import FIRST_SEED, Game, game, turns

_HELD = 1.0
"""Seconds for which an episode's last picture stays, at most."""

_FEW = 4.0
"""Seconds that a scene has at least, if need be of several episodes."""


class Scene(NamedTuple):
    """A part of a film."""

    policy: Policy
    """Who plays."""
    caption: str | None = None
    """What stands above; for all scenes of a film or for none."""


@dataclass
class Shown:
    """What is to be seen of a scene."""

    returns: list[float] = field(default_factory=list)
    """The return of every episode, as far as it was filmed."""
    cut: bool = False
    """Whether the last one goes on after the scene's end."""


@dataclass
class Film:
    """A film that was written."""

    path: Path
    """The file."""
    fps: int
    """Pictures a second."""
    pictures: int = 0
    """How many it has."""
    scenes: list[Shown] = field(default_factory=list)
    """What is to be seen in each scene."""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.pictures / self.fps


@refuses_plainly
@in_32_bits
def film(
    policy: Policy,
    path: str | Path,
    env: EnvLike | None = None,
    *,
    env_kwargs: Mapping[str, Any] | None = None,
    seed: int = FIRST_SEED,
    seconds: float = 20.0,
    fps: int | None = None,
    every: int = 1,
    width: int = 360,
    episodes: int = 1,
    panel: bool = True,
) -> float:
    """Film episodes that the policy plays greedily, with the value of each action beside them.

    Args:
        policy: Who plays.
        path: The film to write: an .mp4, a .webp or a .gif.
        env: Where; None for the environment it was trained in. What makes one, or is one, has to
            draw pictures itself: `render_mode="rgb_array"`.
        env_kwargs: Arguments of the environment, as in `evaluate`.
        seed: Seed of the first episode; the others have the numbers after it.
        seconds: Longest film; episodes may end before.
        fps: Pictures a second, 1 to 50; None for the environment's own pace.
        every: Steps from one picture to the next.
        width: Largest width of the environment's picture in pixels; that of the whole film without
            a panel.
        episodes: How many.
        panel: Whether the value of each action stands beside the picture.

    Returns:
        The mean return of the episodes, as far as they were filmed.

    Raises:
        UsageError: if the environment does not fit the policy or cannot be drawn, or no film of
            that kind be written.
        EnvironmentFailure: if it fails.
    """
    require_policy(policy)
    panel = flag("panel", panel)
    made = film_scenes(
        [Scene(policy)],
        path,
        env,
        env_kwargs=env_kwargs,
        seed=seed,
        seconds=seconds,
        fps=fps,
        every=every,
        width=width,
        episodes=episodes,
        panel=panel,
    )
    (shown,) = made.scenes
    return sum(shown.returns) / len(shown.returns)


@in_32_bits
def film_scenes(
    scenes: Sequence[Scene],
    path: str | Path,
    env: EnvLike | None = None,
    *,
    env_kwargs: Mapping[str, Any] | None = None,
    seed: int = FIRST_SEED,
    seconds: float = 20.0,
    fps: int | None = None,
    every: int = 1,
    width: int = 360,
    episodes: int | None = 1,
    panel: bool = True,
) -> Film:
    """Film several policies one after another, as `film` does one, in the same episodes.

    Args:
        scenes: Who plays, in order; each has the same share of the longest film's seconds.
        path: As in `film`, like all others.
        env: Where.
        env_kwargs: Its arguments.
        seed: Of every scene's first episode.
        seconds: Longest film.
        fps: Pictures a second, or None.
        every: Steps from one picture to the next.
        width: Largest width of the environment's picture.
        episodes: Of every scene; None for one, and more while they are over in a few seconds.
        panel: Whether the value of each action stands beside the picture.

    Raises:
        UsageError: as in `film`.
        EnvironmentFailure: likewise.
    """
    seconds = number("seconds", seconds, above=0.0)
    if fps is not None:
        fps = whole_number("fps", fps)
        require(1 <= fps <= 50, "fps", fps, "from 1 to 50")
    every = whole_number("every", every, at_least=1)
    width = whole_number("width", width, at_least=16)
    if episodes is not None:
        episodes = whole_number("episodes", episodes, at_least=1)
    path = path_of("path", path)
    seed = whole_number("seed", seed)
    require_format("path", path)
    first = scenes[0]
    with opened(*first.policy.environment(env, env_kwargs)) as source:  # noqa: SIM117
        with game(source, first.policy) as played:
            made = Film(path, played.pace if fps is None else fps)
            layout = Layout(
                played.spec,
                played.names,
                width=width,
                panel=panel,
                caption=first.caption,
                enlarges=panel,
            )
            most = max(1, int(seconds * made.fps / len(scenes)))
            shot = (
                _scene(scene, played, layout, made, seed, episodes, every, most) for scene in scenes
            )
            write_film(path, itertools.chain.from_iterable(shot), made.fps)
    return made


def _scene(
    scene: Scene,
    played: Game,
    layout: Layout,
    made: Film,
    seed: int,
    episodes: int | None,
    every: int,
    most: int,
) -> Iterator[Image.Image]:
    """Yield the pictures of a scene, `most` at most, and note what was earned in them."""
    if scene.policy is not played.policy:
        played.meet(scene.policy)
    layout.caption = scene.caption
    shown = Shown()
    made.scenes.append(shown)
    returns, left = shown.returns, most
    for turn in turns(played, seed=seed, episodes=episodes):
        if turn.step == 0:
            if returns and episodes is None and most - left >= _FEW * made.fps:
                return
            returns.append(0.0)
        if left == 0:
            shown.cut = True
            return
        returns[-1] = turn.total
        if not (turn.end or turn.step % every == 0):
            continue
        picture = layout.picture(turn)
        times = min(left, max(1, round(_HELD * made.fps))) if turn.end else 1
        for _ in range(times):
            made.pictures += 1
            yield picture
        left -= times
