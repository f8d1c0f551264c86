"""Two numbers observed: values, the greedy policy, and both while they were learned."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from qlax.drawing import INK
from qlax.explaining import styling
from qlax.explaining.core import Kind, LeftOut, Picture, Subject
from qlax.explaining.flat import bounds_of
from qlax.explaining.surface import ValueSurface, surface_over, why_not

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS, _POINTS_SMALL = 200, 100
_TRAJECTORIES = 8
_MOMENTS = 5
_FEW = 20
"""Points along an axis below which lines of equal value would only be crooked."""


def _applies_to(subject: Subject) -> bool:
    return subject.numbers == 2


def _draw(subject: Subject) -> Iterator[Picture]:
    reason = why_not(subject.policy)
    if reason is not None:
        raise LeftOut(reason)
    limits = _limits(subject)
    surface = surface_over(subject.policy, limits, _POINTS)
    paths = [subject.path(one) for one in subject.played]
    arrived = [one.terminated and one.within == len(one) for one in subject.played]
    paths, arrived = paths[:_TRAJECTORIES], arrived[:_TRAJECTORIES]
    yield _values(subject, surface, paths, arrived)
    yield _policy(subject, surface, paths, arrived)
    if len(subject.moments) > 1:
        yield _moments(subject, limits)


def _limits(subject: Subject) -> np.ndarray:
    """Return the limits of both axes: the environment's, or where it has none the visits'."""
    low, high, bounded, _ = bounds_of(subject.spec.observation)
    if not bounded.all():
        seen = subject.seen
        lowest, highest = np.quantile(seen, [0.005, 0.995], axis=0)
        margin = 0.1 * np.where(highest > lowest, highest - lowest, 1.0)
        low = np.where(bounded, low, np.maximum(lowest - margin, low))
        high = np.where(bounded, high, np.minimum(highest + margin, high))
    return np.stack([low, high], -1)


def _values(
    subject: Subject, surface: ValueSurface, paths: list[np.ndarray], arrived: list[bool]
) -> Picture:
    figure, axes = styling.slide()
    low, high = styling.limits(_where_it_was(subject, surface))
    image = _value_map(axes[0, 0], surface, low, high)
    _contours(axes[0, 0], surface)
    _trajectories(axes[0, 0], paths, arrived, "white")
    _name_axes(axes[0, 0], surface)
    styling.scale_beside(figure, image, axes[0, 0], "max Q", surface.values)
    title = f"What the states of {subject.spec.id} are worth"
    styling.entitled(axes[0, 0], title)
    return Picture(
        name="value",
        title=title,
        caption=(
            f"The largest action value, max Q, over {surface.names[0].name} and "
            f"{surface.names[1].name}: the return that the agent expects from there, discounted by "
            f"{subject.policy.agent.discount:g} a step. White lines are {len(paths)} greedy "
            "episodes, from the circles on; stars are where they ended by themselves. The scale is "
            f"that of {subject.visits.says}; values beyond it are where it has not been."
        ),
        figure=figure,
        arrays={**_arrays(surface), **_paths(paths)},
        facts={"lowest": low, "highest": high},
    )


def _where_it_was(subject: Subject, surface: ValueSurface) -> np.ndarray:
    """Return two values between which nearly all points that were visited have theirs.

    The outermost are left out: an episode's last state is visited, and never learned from.
    """
    seen = subject.seen
    nearest = [
        np.clip(np.rint((seen[:, one] - points[0]) / (points[1] - points[0])), 0, len(points) - 1)
        for one, points in enumerate((surface.x, surface.y))
    ]
    columns, rows = np.asarray(nearest, int)
    return np.asarray(np.quantile(surface.values[rows, columns], [0.005, 0.995]))


def _policy(
    subject: Subject, surface: ValueSurface, paths: list[np.ndarray], arrived: list[bool]
) -> Picture:
    figure, axes = styling.slide()
    _policy_map(axes[0, 0], surface, len(subject.actions))
    _trajectories(axes[0, 0], paths, arrived, "white")
    _name_axes(axes[0, 0], surface)
    title = "What the agent does, by state"
    styling.entitled(axes[0, 0], title)
    used = np.unique(surface.actions).tolist()
    styling.action_key(
        axes[0, 0], subject.actions, used, loc="center left", bbox_to_anchor=(1, 0.5)
    )
    return Picture(
        name="policy",
        title=title,
        caption=(
            f"The greedy action over {surface.names[0].name} and {surface.names[1].name}, with "
            f"{len(paths)} greedy episodes in white."
        ),
        figure=figure,
        arrays={**_arrays(surface), **_paths(paths)},
        facts={"actions": list(subject.actions)},
    )


def _moments(subject: Subject, limits: np.ndarray) -> Picture:
    chosen = [subject.moments[index] for index in styling.spread(len(subject.moments), _MOMENTS)]
    surfaces = [
        surface_over(subject.policy, limits, _POINTS_SMALL, moment.params) for moment in chosen
    ]
    figure, axes = styling.slide(2, len(chosen), width=13.0, sharex=True, sharey=True)
    low, high = styling.limits(*(_where_it_was(subject, surface) for surface in surfaces))
    for column, (moment, surface) in enumerate(zip(chosen, surfaces, strict=True)):
        image = _value_map(axes[0, column], surface, low, high)
        _policy_map(axes[1, column], surface, len(subject.actions))
        styling.entitled(axes[0, column], f"{moment.steps:,} steps", styling.LABEL)
    for row in (0, 1):
        styling.labelled(axes[row, 0], y=surfaces[0].names[1].label)
    styling.labelled(axes[1, len(chosen) // 2], x=surfaces[0].names[0].label)
    shown = np.stack([surface.values for surface in surfaces])
    styling.scale_beside(figure, image, axes[0].tolist(), "max Q", shown)
    used = np.unique([surface.actions for surface in surfaces]).tolist()
    beneath = {"loc": "outside lower center", "ncols": min(len(used), 6)}
    styling.action_key(figure, subject.actions, used, **beneath)
    return Picture(
        name="moments",
        title="Values and policy while they were learned",
        caption=(
            f"max Q above, the greedy action below, at {len(chosen)} moments of training; colours "
            "of values are the same in all of them."
        ),
        figure=figure,
        arrays={
            "steps": (np.asarray([moment.steps for moment in chosen]), "environment steps, [M]"),
            "x": (surfaces[0].x, f"{surfaces[0].names[0].label}, [X]"),
            "y": (surfaces[0].y, f"{surfaces[0].names[1].label}, [Y]"),
            "values": (np.stack([one.values for one in surfaces]), "max Q, [M, Y, X]"),
            "actions": (np.stack([one.actions for one in surfaces]), "greedy action, [M, Y, X]"),
        },
        facts={"steps": [moment.steps for moment in chosen]},
    )


def _value_map(axes: "Axes", surface: ValueSurface, low: float, high: float) -> Any:
    return axes.imshow(
        surface.values,
        origin="lower",
        aspect="auto",
        extent=_extent(surface),
        cmap=styling.VALUES,
        vmin=low,
        vmax=high,
        interpolation="nearest",
    )


def _policy_map(axes: "Axes", surface: ValueSurface, number: int) -> None:
    axes.imshow(
        surface.actions,
        origin="lower",
        aspect="auto",
        extent=_extent(surface),
        cmap=styling.action_colours(number),
        vmin=-0.5,
        vmax=number - 0.5,
        interpolation="nearest",
        alpha=0.85,
    )


def _contours(axes: "Axes", surface: ValueSurface) -> None:
    if np.ptp(surface.values) > 0.0 and min(surface.values.shape) > _FEW:
        axes.contour(
            surface.x,
            surface.y,
            surface.values,
            levels=8,
            colors="white",
            linewidths=0.5,
            alpha=0.4,
        )


def _trajectories(axes: "Axes", paths: list[np.ndarray], arrived: list[bool], colour: str) -> None:
    for path, ended in zip(paths, arrived, strict=True):
        axes.plot(path[:, 0], path[:, 1], color=INK, linewidth=3.0, alpha=0.35)
        axes.plot(path[:, 0], path[:, 1], color=colour, linewidth=1.4, alpha=0.9)
        marks: dict[str, Any] = {
            "color": colour,
            "markeredgecolor": INK,
            "linestyle": "none",
            "zorder": 3,
        }
        axes.plot(*path[0], marker="o", markersize=6, **marks)
        if ended:
            axes.plot(*path[-1], marker="*", markersize=13, **marks)


def _extent(surface: ValueSurface) -> tuple[float, float, float, float]:
    """Return the limits of a picture whose outermost pixels' centres are the outermost points."""
    bounds = []
    for points in (surface.x, surface.y):
        half = float(points[1] - points[0]) / 2
        bounds += [float(points[0]) - half, float(points[-1]) + half]
    return bounds[0], bounds[1], bounds[2], bounds[3]


def _name_axes(axes: "Axes", surface: ValueSurface) -> None:
    styling.labelled(axes, surface.names[0].label, surface.names[1].label)
    left, right, bottom, top = _extent(surface)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)


def _arrays(surface: ValueSurface) -> dict[str, tuple[np.ndarray, str]]:
    return {
        "x": (surface.x, f"{surface.names[0].label}, [X]"),
        "y": (surface.y, f"{surface.names[1].label}, [Y]"),
        "values": (surface.values, "max Q, [Y, X]"),
        "actions": (surface.actions, "greedy action, numbered from zero, [Y, X]"),
        "q_values": (surface.q_values, "all action values, [Y, X, A]"),
    }


def _paths(paths: list[np.ndarray]) -> dict[str, tuple[np.ndarray, str]]:
    lengths = [len(path) for path in paths]
    return {
        "trajectories": (np.concatenate(paths), "greedy episodes one after another, [T, 2]"),
        "trajectory_lengths": (np.asarray(lengths), "steps of each of them"),
    }


KIND = Kind("values over two numbers", _applies_to, _draw)
