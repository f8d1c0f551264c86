"""Scales that follow what they show: they widen at once, and narrow slowly."""

import numpy as np

from qlax.watching.thinking import Returns

_KEPT = 0.98
"""Share of its width that a scale keeps from one picture to the next, at the least."""


class Spread:
    """A scale that ends at the best of some values and holds them all."""

    def __init__(self) -> None:
        self._wide = 0.0

    def of(self, values: np.ndarray) -> tuple[float, float]:
        """Return where the scale begins and ends for these values."""
        if not (len(values) and np.isfinite(values).all()):
            return 0.0, 1.0
        high = float(values.max())
        wide = 1.15 * (high - float(values.min()))
        self._wide = max(wide, _KEPT * self._wide, 1e-3 * abs(high), 1e-6)
        return high - self._wide, high


class Range:
    """A scale that holds nearly all of the probability of some distributions."""

    _least = 0.005
    """Share of a distribution that may lie beyond either end."""

    def __init__(self) -> None:
        self._low, self._high = np.inf, -np.inf

    def of(self, returns: Returns, legal: np.ndarray) -> tuple[float, float]:
        """Return where the scale begins and ends for these distributions."""
        low, high = returns.between(self._least, legal)
        if not (np.isfinite(low) and np.isfinite(high)):
            return 0.0, 1.0
        margin = max(0.04 * (high - low), 1e-3 * max(abs(low), abs(high)), 1e-6)
        low, high = low - margin, high + margin
        if self._low < self._high:
            low = min(low, low + _KEPT * (self._low - low))
            high = max(high, high + _KEPT * (self._high - high))
        self._low, self._high = low, high
        return low, high


def digits_for(apart: float) -> int:
    """Return how many digits behind the point tell values apart on a scale of this width."""
    return int(np.clip(1 - np.floor(np.log10(max(apart, 1e-12))), 0, 4))


def ticks_of(low: float, high: float) -> tuple[str, str]:
    """Return both ends of a scale with as many digits as tell them apart."""
    digits = digits_for(high - low)
    if max(abs(low), abs(high)) >= 1e6:
        return f"{low:.2e}", f"{high:.2e}"
    return tuple(f"{end:.{digits}f}".replace("-", "−") for end in (low, high))  # type: ignore[return-value]
