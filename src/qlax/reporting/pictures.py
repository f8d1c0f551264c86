"""Charts as SVG inside a page, which follow its light or dark colours."""

import io
import itertools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from qlax.drawing import FAINT, INK, LINE, PALETTE, SOLVED, new_figure, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_GRID = "#b0b0b0"
_VARIABLES = {
    INK: "var(--ink)",
    FAINT: "var(--faint)",
    _GRID: "var(--grid)",
    LINE: "var(--blue)",
    SOLVED: "var(--solved)",
    **{colour: f"var(--c{number})" for number, colour in enumerate(PALETTE)},
}
"""The page's own names of colours, which are others in the dark."""
_NUMBER = itertools.count()


def inline_svg(figure: "Figure", alt: str) -> str:
    """Return a figure as SVG for the middle of a page.

    Args:
        figure: The picture.
        alt: What it shows, for who cannot see it.
    """
    for axes in figure.axes:
        axes.tick_params(colors=INK, which="both")
        for spine in axes.spines.values():
            spine.set_edgecolor(INK)
    for legend in figure.legends:
        legend.get_title().set_color(INK)
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, variable)
    svg = _with_own_ids(svg)
    width, height = (figure.get_size_inches() * 72).round().astype(int)
    head = (
        f'<svg role="img" aria-label="{_attribute(alt)}" viewBox="0 0 {width} {height}" '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return head + svg[svg.index(">") + 1 :]


def histogram(returns: Sequence[float], threshold: float | None) -> "Figure":
    """Return a histogram of the returns of an evaluation's episodes."""
    figure = new_figure(7.2, 2.6)
    axes = figure.add_subplot()
    values = np.asarray(returns, np.float64)
    spread = float(np.ptp(values))
    bins: int | list[float] = min(40, max(5, int(np.sqrt(len(values)) * 1.5)))
    if spread == 0.0:
        half = max(abs(float(values[0])) * 0.02, 0.5)
        bins = np.linspace(values[0] - half, values[0] + half, 6).tolist()
    axes.hist(values, bins=bins, color=LINE, alpha=0.85)
    if threshold is not None:
        axes.axvline(threshold, color=SOLVED, linestyle="--", linewidth=1.2)
        axes.annotate(
            f"solved: {threshold:g}",
            (threshold, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(3, 2),
            textcoords="offset points",
            color=SOLVED,
            fontsize=8,
        )
    axes.set_xlabel("return of an episode, played greedily", color=INK)
    axes.set_ylabel("episodes", color=INK)
    plain(axes)
    return figure


def phases_bar(seconds: dict[str, float]) -> "Figure":
    """Return one bar with the time of each phase of a run."""
    figure = new_figure(7.2, 1.5)
    axes = figure.add_subplot()
    begun = 0.0
    for number, (phase, value) in enumerate(seconds.items()):
        axes.barh(0, value, left=begun, color=PALETTE[number % len(PALETTE)], label=phase)
        begun += value
    axes.set_yticks([])
    axes.set_xlabel("seconds", color=INK)
    figure.legend(
        loc="outside upper left",
        ncols=max(1, len(seconds)),
        frameon=False,
        fontsize=9,
        labelcolor=INK,
    )
    plain(axes)
    axes.spines["left"].set_visible(False)
    return figure


def _with_own_ids(svg: str) -> str:
    """Return SVG whose ids no other picture on the page has."""
    prefix = f"p{next(_NUMBER)}-"
    svg = re.sub(r'\bid="', f'id="{prefix}', svg)
    svg = re.sub(r"url\(#", f"url(#{prefix}", svg)
    return re.sub(r'href="#', f'href="#{prefix}', svg)


def _attribute(text: str) -> str:
    escapes = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
    return "".join(escapes.get(letter, letter) for letter in text)
