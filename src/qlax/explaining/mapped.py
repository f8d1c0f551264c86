"""Worlds with a map: values and arrows where the states are, and both while they were learned."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from qlax.drawing import INK
from qlax.explaining import styling
from qlax.explaining.core import Kind, Picture, Subject
from qlax.explaining.evaluating import Look
from qlax.explaining.maps import NOWHERE, Map, Sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOMENTS = 5
_MOST_NUMBERED = 120
"""Cells of all sheets up to which every value is written down."""
_VOID, _OVER = "#ffffff", "#e4e7eb"
_OVER_COLOURS = {"hole": "#3e4c59", "cliff": "#3e4c59", "goal": "#1a7f45"}
_NAMED = {"start": "S", "goal": "G", "hole": "H", "cliff": "C", "chest": "★"}
_REACH = 0.5
"""How long arrows are, in cells."""


def _applies_to(subject: Subject) -> bool:
    return subject.map is not None


def _draw(subject: Subject) -> Iterator[Picture]:
    subject.require_values()
    layout = subject.map
    assert layout is not None
    look = subject.eyes.at(layout.states, layout.legal)
    yield _map(subject, layout, look)
    if len(subject.moments) > 1 and len(layout.sheets) == 1:
        yield _moments(subject, layout)


def values_on(layout: Map, look: Look) -> np.ndarray:
    """Return max Q of every state, NaN where an episode has ended, float32, [S]."""
    values = np.array(look.value, np.float32)
    values[list(layout.over)] = np.nan
    return values


def _map(subject: Subject, layout: Map, look: Look) -> Picture:
    values = values_on(layout, look)
    across = layout.across
    down = -(-len(layout.sheets) // across)
    rows, columns = layout.sheets[0].cells.shape
    figure, axes = styling.slide(down, across, **_size(rows * down, columns * across))
    low, high = styling.limits(values)
    numbered = rows * columns * len(layout.sheets) <= _MOST_NUMBERED
    for one, sheet in zip(axes.flat, layout.sheets, strict=False):
        image = draw_sheet(one, layout, sheet, values, look.action, (low, high), numbered=numbered)
        if sheet.title:
            styling.entitled(one, sheet.title, styling.LABEL if across < 3 else styling.TICK)
    styling.scale_beside(figure, image, axes.ravel().tolist(), "max Q")
    title = f"What each state of {subject.spec.id} is worth, and what is done there"
    styling.entitled(figure, title, styling.LABEL)
    signs = "".join(
        f" {sign} stands for {subject.actions[action]}." for action, sign in layout.signs.items()
    )
    marks = "Arrows are" if layout.directions.any() else "Letters are"
    if layout.about:
        signs += f" {layout.about}"
    return Picture(
        name="map",
        title=title,
        caption=(
            f"Colours{' and numbers' if numbered else ''} are max Q, the return that the agent "
            f"expects, discounted by {subject.policy.agent.discount:g} a step. {marks} the greedy "
            f"action.{signs}"
        ),
        figure=figure,
        arrays={
            "cells": (
                np.stack([sheet.cells for sheet in layout.sheets]),
                f"the state at each place, {NOWHERE} where there is none, [sheets, rows, columns]",
            ),
            "values": (values, "max Q of each state, NaN where an episode has ended, [S]"),
            "q_values": (look.q_values, "all action values, −∞ for illegal actions, [S, A]"),
            "actions": (look.action, "the greedy action, numbered from zero, [S]"),
        },
        facts={
            "actions": list(subject.actions),
            "sheets": [sheet.title for sheet in layout.sheets],
            "lowest": low,
            "highest": high,
        },
    )


def _moments(subject: Subject, layout: Map) -> Picture:
    chosen = [subject.moments[index] for index in styling.spread(len(subject.moments), _MOMENTS)]
    looks = [subject.eyes.at(layout.states, layout.legal, moment.params) for moment in chosen]
    values = [values_on(layout, look) for look in looks]
    (sheet,) = layout.sheets
    rows, columns = sheet.cells.shape
    wide = columns > 2 * rows
    shape = (len(chosen), 1) if wide else (1, len(chosen))
    size: dict[str, Any] = {"width": 14.0, "height": 3.6}
    if wide:
        size = {"width": 9.6, "height": 1.9 * len(chosen)}
    figure, axes = styling.slide(*shape, **size)
    limits = styling.limits(*values)
    for one, moment, look, value in zip(axes.flat, chosen, looks, values, strict=True):
        image = draw_sheet(one, layout, sheet, value, look.action, limits, numbered=False)
        styling.entitled(one, f"{moment.steps:,} steps", styling.LABEL)
    styling.scale_beside(figure, image, axes.ravel().tolist(), "max Q")
    return Picture(
        name="moments",
        title="Values and policy while they were learned",
        caption=(
            f"max Q and the greedy action at {len(chosen)} moments of training; colours are the "
            "same in all of them."
        ),
        figure=figure,
        arrays={
            "steps": (np.asarray([moment.steps for moment in chosen]), "environment steps, [M]"),
            "values": (np.stack(values), "max Q of each state, [M, S]"),
            "actions": (np.stack([look.action for look in looks]), "the greedy action, [M, S]"),
        },
        facts={"steps": [moment.steps for moment in chosen]},
    )


def _size(rows: int, columns: int) -> dict[str, Any]:
    """Return a figure's size in which cells are squares, about as large as a slide."""
    cell = min(9.0 / columns, 7.4 / rows, 1.35)
    return {"width": max(cell * columns + 1.6, 5.6), "height": cell * rows + 1.3}


def draw_sheet(
    axes: "Axes",
    layout: Map,
    sheet: Sheet,
    values: np.ndarray,
    actions: np.ndarray | None,
    limits: tuple[float, float],
    *,
    numbered: bool,
    cmap: Any = styling.VALUES,
    norm: Any = None,
) -> Any:
    """Draw a part of a map, and return what its scale is made of.

    Args:
        axes: Where.
        layout: The map.
        sheet: Its part.
        values: Of each state, [S].
        actions: The greedy action, [S]; None for no arrows.
        limits: Values of the darkest and the lightest colour.
        numbered: Whether values are written down.
        cmap: The colours.
        norm: How values become colours, if not evenly between the limits.
    """
    from matplotlib import colormaps

    cells = sheet.cells
    known = cells != NOWHERE
    shown = np.where(known, values[np.where(known, cells, 0)], np.nan)
    colours = (colormaps[cmap] if isinstance(cmap, str) else cmap).with_extremes(bad=_VOID)
    spread: dict[str, Any] = {"vmin": limits[0], "vmax": limits[1]} if norm is None else {}
    image = axes.imshow(shown, cmap=colours, norm=norm, **spread)
    light = _are_light(image, shown)
    size = _letters(axes, cells.shape)
    lift = 0.12 if numbered else 0.0
    below = 0.32 if actions is not None else 0.0
    arrows = []
    for row, column in np.argwhere(known).tolist():
        state = int(cells[row, column])
        ink = INK if light[row, column] else "white"
        if state in layout.over:
            ink = _paint_over(axes, layout, state, (row, column))
        elif actions is None:
            pass
        elif np.any(layout.directions[state, actions[state]]):
            arrows.append((column, row - lift, *layout.directions[state, actions[state]], ink))
        else:
            sign = layout.signs.get(int(actions[state]), "•")
            _write(axes, (column, row - lift), sign, ink, size * 1.3, weight="bold")
        if numbered and state not in layout.over and np.isfinite(values[state]):
            _write(axes, (column, row + below), _number(values[state], limits), ink, size)
        place = layout.places.get(state, "")
        name = _NAMED.get(place, place)
        if name:
            _write(axes, (column - 0.36, row - 0.36), name, ink, size, weight="bold")
    _draw_arrows(axes, arrows)
    for (x, y), (to_x, to_y) in layout.walls:
        axes.plot([x - 0.5, to_x - 0.5], [y - 0.5, to_y - 0.5], color=INK, linewidth=2.5)
    _frame(axes, layout, cells.shape)
    return image


def _paint_over(axes: "Axes", layout: Map, state: int, place: tuple[int, int]) -> str:
    """Paint a state in which an episode has ended, and return the ink to write on it."""
    what = layout.places.get(state, "")
    colour = _OVER_COLOURS.get(what, _OVER)
    axes.fill(*_square(*place), color=colour, linewidth=0)
    return INK if colour == _OVER else "white"


def _write(
    axes: "Axes", at: tuple[float, float], text: str, ink: str, size: float, weight: str = "normal"
) -> None:
    """Write in a cell."""
    options: dict[str, Any] = {
        "ha": "center",
        "va": "center",
        "fontsize": size,
        "fontweight": weight,
    }
    # Within its cell it takes no room of its own, which would be looked for again and again.
    axes.text(*at, text, color=ink, in_layout=False, **options)


def _draw_arrows(axes: "Axes", arrows: list[tuple[Any, ...]]) -> None:
    """Draw arrows given as (x, y, right, down, ink), lengths in units of cells."""
    if not arrows:
        return
    x, y, right, down, ink = zip(*arrows, strict=True)
    axes.quiver(
        x, y, np.asarray(right) * _REACH, np.asarray(down) * _REACH,
        color=ink, angles="xy", scale_units="xy", scale=1.0, pivot="mid", units="xy",
        width=0.05, headwidth=4.0, headlength=4.0, headaxislength=3.6,
    )  # fmt: skip


def _letters(axes: "Axes", shape: tuple[int, ...]) -> float:
    """Return a size of letters that fits into cells."""
    figure: Any = axes.figure
    grid: Any = axes.get_gridspec()
    width = figure.get_figwidth() * 0.85 / (shape[1] * grid.ncols)
    height = figure.get_figheight() * 0.85 / (shape[0] * grid.nrows)
    return float(np.clip(min(width, height) * 72 * 0.19, 5.0, 15.0))


def _are_light(image: Any, shown: np.ndarray) -> np.ndarray:
    """Return which cells are so light that dark ink is read on them."""
    red, green, blue, _ = np.moveaxis(image.to_rgba(np.ma.masked_invalid(shown)), -1, 0)
    return np.asarray(0.299 * red + 0.587 * green + 0.114 * blue > 0.55)


def _square(row: int, column: int) -> tuple[list[float], list[float]]:
    left, right, top, bottom = column - 0.5, column + 0.5, row - 0.5, row + 0.5
    return [left, right, right, left], [top, top, bottom, bottom]


def _number(value: float, limits: tuple[float, float]) -> str:
    spread = limits[1] - limits[0]
    places = 2 if spread < 3 else 1 if spread < 100 else 0
    shown = f"{round(float(value), places) + 0.0:.{places}f}"  # −0.00 is 0.00
    return shown.replace("-", "−")


def _frame(axes: "Axes", layout: Map, shape: tuple[int, ...]) -> None:
    """Name rows and columns, and draw lines between cells."""
    rows, columns = shape
    axes.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=0.8)
    axes.tick_params(which="both", length=0)
    for side in axes.spines.values():
        side.set_visible(layout.rows is None)
        side.set_color(INK)
    if layout.rows is None or layout.columns is None:
        axes.set_xticks([])
        axes.set_yticks([])
        return
    axes.set_yticks(range(rows), layout.rows[1], fontsize=styling.NOTE)
    axes.set_xticks(range(columns), layout.columns[1], fontsize=styling.NOTE)
    styling.labelled(axes, layout.columns[0], layout.rows[0])


KIND = Kind("values on the map", _applies_to, _draw)
