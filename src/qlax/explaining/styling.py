"""How all explaining pictures look: sizes of a slide, fonts that can be read from afar."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qlax.drawing import INK, PALETTE, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

WIDE, HIGH = 9.6, 5.4
"""A slide, in inches."""
TITLE, LABEL, TICK, NOTE = 16, 14, 12, 11
VALUES, DENSITY = "viridis", "Blues"
"""Colours of values, and of how often something was: readable with any colour vision."""
_MOST_ACTIONS = 18


def slide(rows: int = 1, columns: int = 1, **options: Any) -> "tuple[Figure, np.ndarray]":
    """Return a figure of a slide's size, and its axes, [rows, columns]."""
    size = {"width": WIDE, "height": HIGH} | {
        name: options.pop(name) for name in ("width", "height") if name in options
    }
    figure = new_figure(**size)
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    for one in axes.flat:
        one.tick_params(labelsize=TICK, colors=INK)
    return figure, axes


def entitled(target: "Axes | Figure", text: str, size: int = TITLE) -> None:
    """Give a figure or axes a title at the left."""
    if hasattr(target, "set_title"):
        target.set_title(text, loc="left", fontsize=size, color=INK)
    else:
        target.suptitle(text, x=0.01, ha="left", fontsize=size, color=INK)


def labelled(axes: "Axes", x: str | None = None, y: str | None = None) -> None:
    """Name the axes."""
    if x is not None:
        axes.set_xlabel(x, fontsize=LABEL, color=INK)
    if y is not None:
        axes.set_ylabel(y, fontsize=LABEL, color=INK)


def scale_beside(
    figure: "Figure", mappable: Any, axes: Any, label: str, values: np.ndarray | None = None
) -> None:
    """Add the scale of a picture's colours.

    Args:
        figure: The picture.
        mappable: What has the colours.
        axes: Beside which axes.
        label: What the colours mean.
        values: What is shown: pointed ends tell that some is beyond the scale.
    """
    low, high = mappable.get_clim()
    below = values is not None and bool(np.nanmin(values) < low)
    above = values is not None and bool(np.nanmax(values) > high)
    ends = {(True, True): "both", (True, False): "min", (False, True): "max"}
    extend = ends.get((below, above), "neither")
    bar = figure.colorbar(mappable, ax=axes, pad=0.02, extend=extend)
    bar.set_label(label, fontsize=LABEL, color=INK)
    bar.ax.tick_params(labelsize=TICK, colors=INK)
    bar.outline.set_visible(False)


def action_colours(number: int) -> "Colormap":
    """Return a colour for each action."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    more: list[Any] = [colormaps["tab20"](index % 20) for index in range(number - len(PALETTE))]
    return ListedColormap([*PALETTE, *more][: max(number, 1)])


def action_key(target: Any, names: Sequence[str], used: Sequence[int], **options: Any) -> None:
    """Add a legend that says which colour is which action, of those that are there to be seen."""
    from matplotlib.patches import Patch

    colours = action_colours(len(names))
    handles = [Patch(color=colours(index), label=names[index]) for index in used][:_MOST_ACTIONS]
    target.legend(handles=handles, fontsize=TICK, frameon=False, labelcolor=INK, **options)


def limits(*arrays: np.ndarray) -> tuple[float, float]:
    """Return the lowest and highest finite number, never equal."""
    finite = np.concatenate([array[np.isfinite(array)].ravel() for array in arrays])
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def spread(count: int, wanted: int) -> list[int]:
    """Return up to `wanted` of `count` indices, evenly spaced, the first and last among them."""
    if count <= wanted:
        return list(range(count))
    return [round(index) for index in np.linspace(0, count - 1, wanted)]
