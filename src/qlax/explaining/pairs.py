"""Several numbers observed: how values depend on those that matter, and on pairs of them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from qlax.drawing import INK, LINE, plain
from qlax.explaining import styling
from qlax.explaining.core import Kind, LeftOut, Picture, Subject
from qlax.explaining.flat import bounds_of, points_between
from qlax.explaining.importance import importance_of
from qlax.explaining.surface import why_not

_POINTS = 32
_BACKGROUND = 80
_FEW_VALUES = 5
_MOST_DOTS = 1_500
_MOST_BARS = 12


def _applies_to(subject: Subject) -> bool:
    return subject.numbers is not None and subject.numbers >= 3


def _draw(subject: Subject) -> Iterator[Picture]:
    reason = why_not(subject.policy)
    if reason is not None:
        raise LeftOut(reason)
    yield _bars(subject)
    value, gap, points = _dependence(subject)
    yield _panels(
        subject,
        value,
        points,
        name="pairs",
        label="max Q",
        title="How values depend on the pairs that matter most",
        meaning="max Q, the return that the agent expects,",
    )
    yield _panels(
        subject,
        gap,
        points,
        name="pairs-gap",
        label="action gap",
        title="Where it matters what is done",
        meaning="the action gap, how much better the best action is than the second,",
    )


def _bars(subject: Subject) -> Picture:
    found = importance_of(subject)
    order = np.argsort(-found.alone)[:_MOST_BARS][::-1]
    figure, axes = styling.slide()
    names = [subject.dimensions[index].name for index in order]
    axes[0, 0].barh(range(len(order)), found.alone[order], color=LINE, height=0.7)
    axes[0, 0].set_yticks(range(len(order)), names, fontsize=styling.LABEL)
    plain(axes[0, 0])
    axes[0, 0].grid(visible=False, axis="y")
    styling.labelled(axes[0, 0], x="change of max Q if the number is that of another state")
    title = "What the agent's values depend on"
    styling.entitled(axes[0, 0], title)
    return Picture(
        name="importance",
        title=title,
        caption=(
            "How much max Q changes on average if one number observed is exchanged for that of "
            f"another state, in {len(found.states)} of {subject.visits.says}."
        ),
        figure=figure,
        arrays={"importance": (found.alone, "mean |change| of max Q for each number, [D]")},
        facts={"names": [one.name for one in subject.dimensions]},
    )


def _dependence(
    subject: Subject,
) -> tuple[list[np.ndarray], list[np.ndarray], list[tuple[np.ndarray, np.ndarray]]]:
    """Return mean max Q and mean action gap over pairs, each [Y, X], and the points of their axes.

    The other numbers are those of states that were visited, one after another.
    """
    found = importance_of(subject)
    background = found.states[:_BACKGROUND]
    values, gaps, points = [], [], []
    for first, second in found.pairs:
        x, y = (_axis(subject, dimension) for dimension in (first, second))
        mixed = np.broadcast_to(
            background, (len(y), len(x), *background.shape)
        ).copy()  # [Y, X, B, D]
        mixed[..., first] = x[None, :, None]
        mixed[..., second] = y[:, None, None]
        look = subject.at(mixed.reshape(-1, mixed.shape[-1]))
        shape = mixed.shape[:-1]
        values.append(look.value.reshape(shape).mean(-1))
        gaps.append(look.gap.reshape(shape).mean(-1))
        points.append((x, y))
    return values, gaps, points


def _axis(subject: Subject, dimension: int) -> np.ndarray:
    """Return the values of a number at which to look: all of few, or a range of what was seen."""
    seen = subject.seen[:, dimension]
    different = np.unique(seen)
    if len(different) <= _FEW_VALUES:
        return different.astype(np.float32)
    low, high = np.quantile(seen, [0.01, 0.99])
    if low >= high:
        low, high = float(different[0]), float(different[-1])
    whole = bool(bounds_of(subject.spec.observation).whole[dimension])
    return points_between(low, high, _POINTS, whole=whole)


def _panels(
    subject: Subject,
    surfaces: list[np.ndarray],
    points: list[tuple[np.ndarray, np.ndarray]],
    *,
    name: str,
    label: str,
    title: str,
    meaning: str,
) -> Picture:
    found = importance_of(subject)
    seen = subject.seen
    dots = seen[np.linspace(0, len(seen) - 1, min(len(seen), _MOST_DOTS)).astype(int)]
    figure, axes = styling.slide(
        1, len(surfaces), width=max(4.4 * len(surfaces) + 1.0, 9.6), height=4.6
    )
    low, high = styling.limits(*surfaces)
    arrays: dict[str, tuple[np.ndarray, str]] = {}
    panels = zip(axes[0], surfaces, points, found.pairs, strict=True)
    for one, surface, (x, y), (first, second) in panels:
        image = _panel(one, surface, x, y, low, high)
        inside = (np.abs(dots[:, first] - x.mean()) <= np.ptp(x) * 0.55 + 0.5 * _step(x)) & (
            np.abs(dots[:, second] - y.mean()) <= np.ptp(y) * 0.55 + 0.5 * _step(y)
        )
        shown = dots[inside]
        options = {"s": 5, "color": "white", "alpha": 0.5, "linewidths": 0.0, "rasterized": True}
        one.scatter(shown[:, first], shown[:, second], **options)
        styling.labelled(one, subject.dimensions[first].label, subject.dimensions[second].label)
        key = f"{first}_{second}"
        arrays |= {
            f"x_{key}": (x, f"{subject.dimensions[first].label}, [X]"),
            f"y_{key}": (y, f"{subject.dimensions[second].label}, [Y]"),
            f"values_{key}": (surface, f"mean {label}, [Y, X]"),
        }
    styling.scale_beside(figure, image, axes.ravel().tolist(), label)
    styling.entitled(figure, title)
    never = "the agent has not been" if subject.visits.while_training else "it does not go"
    return Picture(
        name=name,
        title=title,
        caption=(
            f"Colours are {meaning} averaged over the other numbers of "
            f"{min(_BACKGROUND, len(found.states))} visited states (partial dependence). Dots are "
            f"some of {subject.visits.says}; where there are none, {never}. The pairs are those "
            "whose exchange changes max Q most."
        ),
        figure=figure,
        arrays=arrays,
        facts={
            "pairs": [
                [subject.dimensions[first].name, subject.dimensions[second].name]
                for first, second in found.pairs
            ],
            "importance": found.together.tolist(),
        },
    )


def _panel(
    axes: Any, surface: np.ndarray, x: np.ndarray, y: np.ndarray, low: float, high: float
) -> Any:
    extent = (
        float(x[0] - _step(x) / 2),
        float(x[-1] + _step(x) / 2),
        float(y[0] - _step(y) / 2),
        float(y[-1] + _step(y) / 2),
    )
    options = {"origin": "lower", "aspect": "auto", "cmap": styling.VALUES, "vmin": low}
    image = axes.imshow(surface, extent=extent, vmax=high, interpolation="nearest", **options)
    axes.set_xlim(extent[:2])
    axes.set_ylim(extent[2:])
    for points, place in ((x, axes.set_xticks), (y, axes.set_yticks)):
        if len(points) <= _FEW_VALUES:
            place(points, [f"{value:g}" for value in points])
    axes.tick_params(labelsize=styling.TICK, colors=INK)
    return image


def _step(points: np.ndarray) -> float:
    return float(points[1] - points[0]) if len(points) > 1 else 1.0


KIND = Kind("dependence on pairs of numbers", _applies_to, _draw)
