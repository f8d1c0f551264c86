"""Phrases that several messages share."""

import math
import statistics
import textwrap
from collections.abc import Sequence


def counted(number: int, what: str) -> str:
    """Return `1 episode`, `2 episodes`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its kind if it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def kind_and_first_line(error: BaseException) -> str:
    """Return an error's kind and the first line of what it says, if it says anything."""
    kind, line = type(error).__name__, first_line(error)
    return kind if line == kind else f"{kind}: {line}"


def mean_of(mean: float, std: float, count: int) -> str:
    """Return a mean with the digits that its standard error leaves certain, at least one."""
    error = std / math.sqrt(max(count, 1))
    if not math.isfinite(error) or not math.isfinite(mean):
        return f"{mean:.1f}"
    spread = error or abs(mean) / 100  # all alike: three digits
    places = 1 if spread == 0.0 or spread >= 0.1 else 1 - math.floor(math.log10(spread))
    return f"{mean:.{min(max(places, 1), 6)}f}"


def significant(number: float) -> str:
    """Return a spread with one decimal, or with two significant digits if it is below 1."""
    if not math.isfinite(number) or number == 0.0 or abs(number) >= 1.0:
        return f"{number:.1f}"
    return f"{number:.{min(1 - math.floor(math.log10(abs(number))), 6)}f}"


def standard_error(values: Sequence[float]) -> float | None:
    """Return the standard error of the mean of some values, s / √n; None of a single one."""
    return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else None


def over_seeds(means: Sequence[float]) -> str:
    """Return the mean over seeds with its standard error, in words."""
    error = standard_error(means)
    spread = 0.0 if error is None else error * math.sqrt(len(means))
    shown = mean_of(statistics.fmean(means), spread, len(means))
    if error is None:
        return f"mean return {shown} over 1 seed"
    return f"mean return {shown} ± {significant(error)} (standard error) over {len(means)} seeds"


def broken(text: str, width: int | None, indent: int = 0) -> str:
    """Return a line broken between words.

    Args:
        text: The line.
        width: Letters that a terminal shows side by side; None for a pipe, which gets it whole.
        indent: Spaces before all lines but the first.
    """
    if width is None:
        return text
    return textwrap.fill(
        text,
        width,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
