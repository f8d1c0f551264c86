"""A short film of a policy at play."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, SupportsFloat

import gymnasium
import numpy as np
from PIL import Image

from qlax.animation import require_format, write_film
from qlax.arguments import number, path_of, refuses_plainly, whole_number
from qlax.envs.conversion import MASK, mask_method
from qlax.envs.description import failures_named
from qlax.envs.opening import EnvLike, opened
from qlax.envs.source import Source
from qlax.errors import UsageError, require
from qlax.evaluation import require_fit
from qlax.policy import Policy, require_policy
from qlax.precision import in_32_bits


@refuses_plainly
@in_32_bits
def film(
    policy: Policy,
    path: str | Path,
    env: EnvLike | None = None,
    *,
    env_kwargs: Mapping[str, Any] | None = None,
    seed: int = 2_000_000,
    seconds: float = 20.0,
    fps: int = 15,
    every: int = 1,
    width: int = 240,
) -> float:
    """Film the beginning of an episode that the policy plays greedily.

    Args:
        policy: Who plays.
        path: The film to write: a .gif, a .webp, or, with the extra `film` installed, an .mp4.
        env: Where; None for the environment it was trained in. What makes one, or is one, has to
            draw pictures itself: `render_mode="rgb_array"`.
        env_kwargs: Arguments of the environment, as in `evaluate`.
        seed: Seed of the environment.
        seconds: Longest film; the episode may end before.
        fps: Frames a second, 1 to 50.
        every: Steps from one frame to the next.
        width: Largest width in pixels; smaller pictures stay as they are.

    Returns:
        The return of what was filmed.

    Raises:
        UsageError: if the environment does not fit the policy or cannot be drawn, or no film of
            that kind be written.
        EnvironmentFailure: if it fails.
    """
    require_policy(policy)
    seconds = number("seconds", seconds, above=0.0)
    fps = whole_number("fps", fps)
    require(1 <= fps <= 50, "fps", fps, "from 1 to 50")
    every = whole_number("every", every, at_least=1)
    width = whole_number("width", width, at_least=1)
    path = path_of("path", path)
    seed = whole_number("seed", seed)
    require_format("path", path)
    with opened(*policy.environment(env, env_kwargs)) as source:
        require_fit(policy, source.spec)
        name, world = _drawn(source)
    actor, total = policy.actor(), 0.0
    reward: SupportsFloat = 0.0
    asked = mask_method(world) if policy.spec.has_mask else None
    pictures: list[Image.Image] = []
    try:
        with failures_named(name, "be filmed"):
            observation, info = world.reset(seed=seed)
            ended, step = False, 0
            while not ended and len(pictures) < seconds * fps:
                if step % every == 0:
                    pictures.append(_picture(world.render(), width))
                mask = info.get(MASK)
                if mask is None and asked is not None:
                    mask = asked()
                action = actor.act(
                    observation, first=step == 0, action_mask=mask, reward=float(reward)
                )
                observation, reward, terminated, truncated, info = world.step(action)
                total += float(reward)
                ended, step = terminated or truncated, step + 1
    finally:
        world.close()
    write_film(path, pictures, fps)
    return total


def _drawn(source: Source) -> tuple[str, gymnasium.Env]:
    """Return the environment's name, and one of it that can be drawn."""
    # pygame, which draws many environments, needs no loudspeaker and no greeting.
    os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    render_mode = None if source.id is None else "rgb_array"
    try:
        world = source.make(render_mode=render_mode)
    except TypeError as error:  # it takes no render mode
        raise UsageError(f"{source.name} cannot be filmed: {error}.") from error
    name = world.spec.id if world.spec else source.name
    if world.render_mode != "rgb_array":
        world.close()
        raise UsageError(
            f"{name} cannot be filmed: it has no render mode 'rgb_array', which returns pictures."
        )
    return name, world


def _picture(pixels: Any, width: int) -> Image.Image:
    picture = Image.fromarray(np.asarray(pixels, np.uint8)).convert("RGB")
    if picture.width > width:
        size = width, round(picture.height * width / picture.width)
        picture = picture.resize(size, Image.Resampling.BOX)
    return picture
