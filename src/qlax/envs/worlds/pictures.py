"""From the coloured screen of a game to the small grey picture that an agent sees."""

from collections.abc import Callable

import numpy as np


def shrunk_to(rows: int, columns: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return what makes a screen, [height, width, 3], grey and so small, uint8, [rows, columns].

    A pixel is the mean of those that it stands for.
    """
    import cv2

    def shrink(screen: np.ndarray) -> np.ndarray:
        grey = cv2.cvtColor(np.ascontiguousarray(screen), cv2.COLOR_RGB2GRAY)
        return np.asarray(cv2.resize(grey, (columns, rows), interpolation=cv2.INTER_AREA))

    return shrink
