"""A curve in one line of text."""

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
LETTERS = "_.:-=+*#"
"""Levels for a terminal that shows no blocks."""


def sparkline(values: Sequence[float], width: int, levels: str = BLOCKS) -> str:
    """Return values as a line of at most `width` letters, the lowest and highest level at the ends.

    Args:
        values: Finite numbers in their order. Of more than `width`, neighbours are averaged.
        width: Letters that there is room for.
        levels: The letters, from low to high.
    """
    if not values or width < 1:
        return ""
    count = min(len(values), width)
    bins = [
        values[index * len(values) // count : (index + 1) * len(values) // count]
        for index in range(count)
    ]
    means = [sum(inside) / len(inside) for inside in bins]
    low, high = min(means), max(means)
    if high == low:
        return levels[len(levels) // 2 - 1] * count
    top = len(levels) - 1
    return "".join(levels[round((value - low) / (high - low) * top)] for value in means)
