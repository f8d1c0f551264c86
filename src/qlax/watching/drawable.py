"""An environment that draws itself, whichever way it can."""

import os
import sys
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np

from qlax.envs.description import failures_named
from qlax.envs.source import Source
from qlax.errors import UsageError
from qlax.silence import warnings_ignored
from qlax.spaces import Box, Space
from qlax.watching.grids import is_grid, picture_of_grid
from qlax.wording import first_line

_OBSERVATION = "observation"
USUAL_PACE = 15
"""Steps a second, where the environment does not say."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """An environment, and how it is drawn."""

    world: gymnasium.Env
    """The environment."""
    name: str
    """What messages call it."""
    mode: str | None
    """Gymnasium's name of how it is drawn, or "observation"; None if it is not."""
    pace: int
    """Steps a second at which it is good to look at."""

    def picture(self, observation: Any, space: Space) -> np.ndarray | None:
        """Return the environment drawn as it is now, uint8, [height, width, 3].

        Args:
            observation: What it shows now.
            space: What that is one of.

        Raises:
            UsageError: if what it returns is no picture.
        """
        if self.mode is None:
            return None
        if self.mode == _OBSERVATION:
            assert isinstance(space, Box), "it is a grid"
            return picture_of_grid(observation, space)
        with failures_named(self.name, "be drawn"):
            shown: Any = self.world.render()
        if self.mode == "ansi":
            from qlax.watching.text import picture_of_text

            return picture_of_text(str(shown))
        if isinstance(shown, list) and shown:  # the modes of a list have all frames since the last
            shown = shown[-1]
        return as_picture(shown, self.name)


def as_picture(shown: Any, name: str) -> np.ndarray:
    """Return what an environment drew as uint8, [height, width, 3].

    Raises:
        UsageError: if it is no picture.
    """
    pixels = np.asarray(shown)
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, -1)
    if pixels.ndim != 3 or pixels.shape[-1] not in (3, 4) or 0 in pixels.shape:
        what = f"an array of shape {pixels.shape}" if pixels.ndim else type(shown).__name__
        raise UsageError(
            f"{name} cannot be drawn: its render() returned {what}, but a picture of shape "
            "(height, width, 3) is needed."
        )
    pixels = pixels[..., :3]
    if pixels.dtype.kind == "f":  # shares of full light
        pixels = np.clip(pixels, 0.0, 1.0) * 255 if pixels.max() <= 1.0 else pixels
    elif pixels.dtype.kind == "b":
        pixels = pixels * 255
    return np.ascontiguousarray(pixels.astype(np.uint8))


def has_display() -> bool:
    """Return whether there seems to be a screen that windows can be shown on."""
    if sys.platform != "linux":
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def undrawn(source: Source) -> Drawn:
    """Return an environment that is only played."""
    world = source.make()
    return Drawn(world, source.name, None, _pace_of(source, world))


def drawn(source: Source) -> Drawn:
    """Return an environment that can be drawn without a display.

    Raises:
        UsageError: if it cannot.
    """
    # pygame, which draws many environments, needs no loudspeaker and no greeting.
    os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    os.environ.setdefault("SDL_NO_SIGNAL_HANDLERS", "1")  # whoever ends the process, ends it
    if not has_display():
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    if source.dynamics is not None:
        if is_grid(source.spec.observation):
            return Drawn(source.make(), source.name, _OBSERVATION, USUAL_PACE)
        raise UsageError(
            f"{source.name} cannot be drawn: it is pure functions in JAX, which have no pictures, "
            "and shows no board or image; give a Gymnasium environment that draws, as env."
        )
    for mode in (None,) if source.id is None else ("rgb_array", "ansi"):
        try:
            with warnings_ignored():
                world = source.make(render_mode=mode)
        except TypeError as error:  # it takes no render mode
            why = first_line(error)
            if is_grid(source.spec.observation):
                break
            if "render_mode" in why:
                why = "it takes no argument render_mode, by which pictures are asked for"
            raise UsageError(f"{source.name} cannot be drawn: {why}.") from error
        if _draws(world, mode):
            name = world.spec.id if world.spec else source.name
            return Drawn(world, name, world.render_mode, _pace_of(source, world))
        has = world.metadata.get("render_modes") or ()
        world.close()
    if is_grid(source.spec.observation):
        return Drawn(source.make(), source.name, _OBSERVATION, USUAL_PACE)
    modes = f", but {', '.join(map(repr, has))}" if has else ""
    raise UsageError(
        f"{source.name} cannot be drawn: it has no render mode 'rgb_array', which returns pictures"
        f"{modes}."
    )


def _pace_of(source: Source, world: gymnasium.Env) -> int:
    """Return an environment's own frames a second, within reason; of games 15, as they skip some.

    Args:
        source: Where it comes from.
        world: The environment.
    """
    is_game = source.world is not None and source.world.preprocessed is not None
    own = world.metadata.get("render_fps")
    if is_game or not isinstance(own, int | float) or own <= 0:
        return USUAL_PACE
    return round(min(max(own, 2), 30))


def _draws(world: gymnasium.Env, asked: str | None) -> bool:
    """Return whether an environment returns pictures or text when it is told to render."""
    has = world.metadata.get("render_modes")
    if asked is not None and has and asked not in has:
        return False
    return world.render_mode in ("rgb_array", "rgb_array_list", "ansi")
