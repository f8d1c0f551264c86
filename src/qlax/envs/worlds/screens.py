"""From the coloured screen of a game to the small picture of one shade that an agent sees."""

from collections.abc import Callable

import numpy as np


def shrunk_to(
    rows: int, columns: int, channel: int | None = None
) -> Callable[[np.ndarray], np.ndarray]:
    """Return what makes a screen, [height, width, 3], so small, uint8, [rows, columns].

    A pixel is the mean of those that it stands for.

    Args:
        rows: The picture's height.
        columns: Its width.
        channel: The channel to see: 0 for red, 1 for green, 2 for blue; None for shades of grey.
    """
    import cv2

    def shrink(screen: np.ndarray) -> np.ndarray:
        if channel is None:
            shade = cv2.cvtColor(np.ascontiguousarray(screen), cv2.COLOR_RGB2GRAY)
        else:
            shade = np.ascontiguousarray(screen[..., channel])
        return np.asarray(cv2.resize(shade, (columns, rows), interpolation=cv2.INTER_AREA))

    return shrink
