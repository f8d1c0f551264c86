"""Images among observations: which entry they are, and what is to be seen in them."""

from typing import Any

import numpy as np

from qlax.drawing import PALETTE
from qlax.spaces import Box, Composite, EnvSpec

_SMALLEST = 5
"""Rows and columns that an image has at least."""


def image_of(spec: EnvSpec) -> tuple[str | None, Box] | None:
    """Return the image that an environment shows, the largest of several.

    Returns:
        Its name, None if there is nothing else to be seen, and its space; None if there is none.
    """
    space = spec.observation
    entries: list[tuple[str | None, Any]] = [(None, space)]
    if isinstance(space, Composite):
        entries = list(space.entries)
    images = [(name, inner) for name, inner in entries if is_image(inner)]
    return max(images, key=lambda image: int(np.prod(image[1].shape)), default=None)


def is_image(space: Any) -> bool:
    """Return whether a space is a picture, or a stack of some."""
    if not isinstance(space, Box) or len(space.frame_shape) not in (2, 3):
        return False
    rows, columns, *_ = space.image_shape
    return min(rows, columns) >= _SMALLEST


def picture_of(space: Box, shown: np.ndarray) -> np.ndarray:
    """Return the newest frame of an observation, [rows, columns, channels]."""
    frame = np.asarray(shown)[-1] if space.frames > 1 else np.asarray(shown)
    if space.channels_first:
        frame = np.moveaxis(frame, 0, -1)
    return frame if frame.ndim == 3 else frame[..., None]


def over_pixels(space: Box, numbers: np.ndarray) -> np.ndarray:
    """Return numbers for every entry of an observation summed up by pixel, [rows, columns]."""
    frames = np.asarray(numbers)
    frames = frames.sum(0) if space.frames > 1 else frames
    if space.channels_first:
        frames = np.moveaxis(frames, 0, -1)
    return np.asarray(frames if frames.ndim == 2 else frames.sum(-1))


def shade(space: Box, picture: np.ndarray) -> np.ndarray:
    """Return a frame as colours, [rows, columns, 3], between 0 and 1.

    What has one channel is grey, or three of bytes as they are; of other channels, each has a
    colour, the later ones before the earlier.
    """
    channels = picture.shape[-1]
    if channels == 3 and space.dtype == "uint8" and np.max(space.high) == 255:
        return np.asarray(picture / 255.0)
    if channels == 1:
        low, high = float(picture.min()), float(picture.max())
        grey = (picture[..., 0] - low) / ((high - low) or 1.0)
        return np.repeat(grey[..., None], 3, -1)
    colours = channel_colours(channels)
    shown = np.full((*picture.shape[:2], 3), 0.93)
    for channel in range(channels):
        there = picture[..., channel] != 0
        shown[there] = colours[channel]
    return shown


def channel_colours(number: int) -> np.ndarray:
    """Return a colour for each channel, [C, 3]."""
    from matplotlib import colormaps
    from matplotlib.colors import to_rgb

    more = [colormaps["tab20"](index % 20)[:3] for index in range(number - len(PALETTE))]
    return np.asarray([*map(to_rgb, PALETTE), *more][:number])


def channel_names(world: Any, number: int) -> list[str]:
    """Return what the channels of MinAtar's boards are, or their numbers."""
    try:
        channels = world.get_wrapper_attr("game").env.channels
    except AttributeError:
        channels = {}
    if isinstance(channels, dict) and len(channels) == number:
        ordered = sorted(channels.items(), key=lambda entry: entry[1])
        return [str(name).replace("_", " ") for name, _ in ordered]
    return [f"channel {index}" for index in range(number)] if number > 1 else [""]
