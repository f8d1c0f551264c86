"""A learning curve as SVG, small enough to be part of a notebook's page."""

import math
from collections.abc import Sequence

MAIN, SOLVED = "#3b82c4", "#2f9e5b"
"""Colours that can be seen on white and on black; all else has the colour of the text."""
_MOST_POINTS = 300
_WIDTH, _HEIGHT = 560, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 10, 24

Points = Sequence[tuple[float, float]]


def curve(
    main: Points, faint: Points = (), *, until: float, threshold: float | None = None, said: str
) -> str:
    """Return returns over environment steps as an SVG element.

    Args:
        main: Steps and values of the main line, finite, the steps ascending.
        faint: Those of a thin line behind it.
        until: The last step of the axis.
        threshold: A value to draw a dashed line at.
        said: What the picture shows, for those who cannot see it.
    """
    main, faint = _thinned(main), _thinned(faint)
    values = [value for _, value in (*main, *faint)]
    if threshold is not None and values:
        values.append(threshold)
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    wide, tall = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def x(step: float) -> float:
        return _LEFT + wide * step / max(until, 1.0)

    def y(value: float) -> float:
        return _TOP + tall * (high - value) / (high - low)

    def line(points: Points, style: str) -> str:
        return _line([(x(step), y(value)) for step, value in points], style)

    bottom = _TOP + tall
    parts = [
        f'<line x1="{_LEFT}" y1="{bottom}" x2="{_LEFT + wide}" y2="{bottom}" '
        'stroke="currentColor" stroke-opacity=".3"/>'
    ]
    if values:
        parts += [_label(_LEFT - 6, y(value), f"{value:,.4g}", "end") for value in (low, high)]
    if threshold is not None and values:
        at = y(threshold)
        parts.append(
            f'<line x1="{_LEFT}" y1="{at:.1f}" x2="{_LEFT + wide}" y2="{at:.1f}" '
            f'stroke="{SOLVED}" stroke-dasharray="4 3"/>'
        )
        if min(abs(at - y(low)), abs(at - y(high))) > 14:
            parts.append(_label(_LEFT - 6, at, f"{threshold:,.4g}", "end", SOLVED))
    parts += [
        _label(_LEFT, bottom + 14, "0", "start"),
        _label(_LEFT + wide, bottom + 14, f"{until:,.0f} steps", "end"),
        line(faint, 'stroke="currentColor" stroke-opacity=".35" stroke-width="1"'),
        line(main, f'stroke="{MAIN}" stroke-width="2" stroke-linejoin="round"'),
    ]
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{said}" '
        f'style="max-width:{_WIDTH}px;width:100%;height:auto;display:block" '
        'font-family="sans-serif" font-size="11">' + "".join(parts) + "</svg>"
    )


def finite(points: Sequence[tuple[float, float | None]]) -> list[tuple[float, float]]:
    """Return the points that have a finite value."""
    return [(x, y) for x, y in points if y is not None and math.isfinite(y)]


def _thinned(points: Points) -> Points:
    """Return at most `_MOST_POINTS` points, each the mean of those that it stands for."""
    if len(points) <= _MOST_POINTS:
        return points
    size = math.ceil(len(points) / _MOST_POINTS)
    bins = [points[begin : begin + size] for begin in range(0, len(points), size)]
    return [(inside[-1][0], sum(value for _, value in inside) / len(inside)) for inside in bins]


def _line(places: Points, style: str) -> str:
    """Return a line through places of the picture, or a dot if there is one alone."""
    if len(places) == 1:
        return f'<circle cx="{places[0][0]:.1f}" cy="{places[0][1]:.1f}" r="2.5" {style}/>'
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline points="{path}" fill="none" {style}/>' if places else ""


def _label(x: float, y: float, text: str, anchor: str, colour: str = "currentColor") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" dominant-baseline="middle" '
        f'fill="{colour}" fill-opacity=".75">{text}</text>'
    )
