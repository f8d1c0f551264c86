"""Boards and images that an environment shows, as pictures where it draws none itself."""

from typing import Any

import numpy as np
from PIL import ImageColor

from qlax.drawing import PALETTE
from qlax.spaces import Box, Space

_LEAST_SIDE = 3
_PAPER = 245.0


def is_grid(space: Space) -> bool:
    """Return whether observations are boards or images: [rows, columns], or with channels."""
    if not isinstance(space, Box) or len(space.frame_shape) not in (2, 3):
        return False
    rows, columns = space.image_shape[:2]
    return min(rows, columns) >= _LEAST_SIDE


def picture_of_grid(observation: Any, space: Box) -> np.ndarray:
    """Return an observation as a picture, uint8, [rows, columns, 3]; of stacked frames the newest.

    An image of one or three channels is itself; a board is shades of grey, darker where its numbers
    are larger, and of several channels each has a colour.

    Args:
        observation: What is shown.
        space: What it is one of; `is_grid` says yes to it.
    """
    shown = np.asarray(observation)
    frame = shown[-1] if space.frames > 1 else shown
    if space.channels_first:
        frame = np.moveaxis(frame, 0, -1)
    if frame.dtype == np.uint8 and (frame.ndim == 2 or frame.shape[-1] in (1, 3)):
        rows, columns = frame.shape[:2]
        return np.array(np.broadcast_to(frame.reshape(rows, columns, -1), (rows, columns, 3)))
    low, high = float(np.min(space.low)), float(np.max(space.high))
    if not (np.isfinite(low) and np.isfinite(high)):
        low, high = min(0.0, float(frame.min())), max(1.0, float(frame.max()))
    shares = np.clip((frame.astype(np.float64) - low) / max(high - low, 1e-9), 0.0, 1.0)
    if shares.ndim == 2:
        shares = shares[..., None]
    channels = shares.shape[-1]
    inks = [(30.0, 40.0, 50.0)] if channels == 1 else [_ink(at) for at in range(channels)]
    picture = np.full((*shares.shape[:2], 3), _PAPER)
    for share, ink in zip(np.moveaxis(shares, -1, 0), inks, strict=True):
        picture += share[..., None] * (np.asarray(ink) - picture)
    return picture.round().astype(np.uint8)


def _ink(channel: int) -> tuple[int, ...]:
    return ImageColor.getrgb(PALETTE[channel % len(PALETTE)])
