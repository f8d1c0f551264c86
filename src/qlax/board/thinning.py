"""Long curves with few points that look the same.

Of each stretch of a curve its first, lowest, highest and last point are kept, so a peak of one row
is never lost. Stretches have a power of two of rows, counted from the first: the same rows always
give the same points, and appended ones change the last stretch alone.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_PER_STRETCH = 4


def kept(values: "np.ndarray", most: int) -> "np.ndarray":
    """Return which entries of a curve to keep, as indices in their order.

    Args:
        values: Finite numbers, shape [N].
        most: The most to keep, at least 8.
    """
    import numpy as np

    length = len(values)
    if length <= most:
        return np.arange(length)
    size = _PER_STRETCH
    while -(-length // size) * _PER_STRETCH > most:
        size *= 2
    whole = length // size * size
    stretches = values[:whole].reshape(-1, size)
    first = np.arange(0, whole, size)
    picked = [
        first,
        first + stretches.argmin(axis=1),
        first + stretches.argmax(axis=1),
        first + size - 1,
    ]
    if whole < length:
        rest = values[whole:]
        picked.append(whole + np.array([0, rest.argmin(), rest.argmax(), len(rest) - 1]))
    return np.unique(np.concatenate(picked))
