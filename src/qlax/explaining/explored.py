"""Where training has been: how often each state was visited."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from qlax.drawing import PALETTE, plain
from qlax.explaining import styling
from qlax.explaining.core import Kind, LeftOut, Picture, Subject
from qlax.explaining.flat import bounds_of
from qlax.explaining.frames import channel_names, image_of, picture_of
from qlax.explaining.importance import importance_of
from qlax.explaining.mapped import draw_sheet
from qlax.explaining.maps import NOWHERE, Map
from qlax.explaining.surface import why_not
from qlax.spaces import Box, Discrete

_BINS = 50
_PATHS = 3


def _draw(subject: Subject) -> Iterator[Picture]:
    if subject.map is not None:
        yield _on_map(subject, subject.map)
    elif subject.numbers == 1:
        yield _by_number(subject, subject.seen[:, 0])
    elif subject.numbers == 2:
        yield _on_planes(subject, [(0, 1)])
    elif subject.numbers is not None:
        known = why_not(subject.policy) is None
        yield _on_planes(subject, importance_of(subject).pairs if known else [(0, 1), (1, 2)])
    elif isinstance(subject.spec.observation, Discrete):
        yield _by_number(subject, np.asarray(subject.visits.observation))
    elif image_of(subject.spec) is not None:
        yield _on_frames(subject)
    else:
        raise LeftOut("Its observations are of several kinds, which no one picture can show.")


def _title(subject: Subject) -> str:
    visits = subject.visits
    return "Where training has been" if visits.while_training else "Where the agent goes"


def _on_planes(subject: Subject, pairs: list[tuple[int, int]]) -> Picture:
    seen = subject.seen
    halves = {"": seen}
    if len(pairs) == 1 and subject.visits.while_training:
        middle = len(seen) // 2
        halves = {"the older half": seen[:middle], "the newer half": seen[middle:]}
    panels = [(title, part, pair) for title, part in halves.items() for pair in pairs]
    width = 5.0 * len(panels) + 1.2 if len(panels) > 1 else styling.WIDE
    figure, axes = styling.slide(1, len(panels), width=width)
    arrays: dict[str, tuple[np.ndarray, str]] = {}
    counts = []
    for title, part, (first, second) in panels:
        edges = [_edges(subject, seen[:, one], one) for one in (first, second)]
        count, x, y = np.histogram2d(part[:, first], part[:, second], edges)
        counts.append((count.T, x, y))
        key = "_".join([*title.split()[1:2], str(first), str(second)])
        arrays |= {
            f"counts_{key}": (count.T.astype(int), "visits, [Y, X]"),
            f"x_{key}": (x, f"edges, {subject.dimensions[first].label}, [X + 1]"),
            f"y_{key}": (y, f"edges, {subject.dimensions[second].label}, [Y + 1]"),
        }
    most = max(float(count.max()) for count, _, _ in counts)
    for one, (title, _, (first, second)), (count, x, y) in zip(
        axes.flat, panels, counts, strict=True
    ):
        image = _density(one, count, x, y, most)
        for index, episode in enumerate(subject.played[:_PATHS]):
            path = subject.path(episode)
            named = {"label": "greedy episodes"} if index == 0 else {}
            one.plot(path[:, first], path[:, second], color=PALETTE[1], linewidth=1.2, **named)
        one.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
        styling.labelled(one, subject.dimensions[first].label, subject.dimensions[second].label)
        if title:
            styling.entitled(one, title, styling.LABEL)
    styling.scale_beside(figure, image, axes.ravel().tolist(), "visits")
    axes[0, 0].legend(fontsize=styling.TICK, frameon=False, loc="upper left")
    styling.entitled(figure, _title(subject))
    return _picture(
        subject,
        figure,
        arrays,
        f"Blue is how often each place was visited; white is never. Orange are {_PATHS} greedy "
        "episodes.",
    )


def _edges(subject: Subject, seen: np.ndarray, dimension: int) -> np.ndarray:
    """Return edges between which visits are counted: the environment's limits, or what was seen."""
    low, high, bounded, whole = (one[dimension] for one in bounds_of(subject.spec.observation))
    if not (subject.numbers == 2 and bounded):
        low, high = np.quantile(seen, [0.002, 0.998])
        if low >= high:
            low, high = seen.min(), seen.max()
        margin = 0.0 if whole else 0.04 * (high - low) or 0.5
        low, high = low - margin, high + margin
    if whole and high - low < _BINS:
        return np.arange(low, high + 2) - 0.5
    return np.linspace(low, high, _BINS + 1)


def _density(axes: Any, count: np.ndarray, x: np.ndarray, y: np.ndarray, most: float) -> Any:
    return axes.imshow(
        np.where(count > 0, count, np.nan),
        origin="lower",
        aspect="auto",
        extent=(x[0], x[-1], y[0], y[-1]),
        norm=_logarithmic(most),
        cmap=_blues(),
        interpolation="nearest",
    )


def _blues() -> Any:
    """Return blues that begin where they can be told from the white of what was never seen."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    return ListedColormap(colormaps[styling.DENSITY](np.linspace(0.2, 1.0, 256)))


def _logarithmic(most: float, least: float = 1.0) -> Any:
    from matplotlib.colors import LogNorm

    return LogNorm(least, max(most, 2.0 * least))


def _on_map(subject: Subject, layout: Map) -> Picture:
    count = _counts(subject, layout)
    rows, columns = layout.sheets[0].cells.shape
    across, down = layout.across, -(-len(layout.sheets) // layout.across)
    cell = min(9.0 / (columns * across), 7.4 / (rows * down), 1.35)
    size = {"width": max(cell * columns * across + 1.6, 5.6), "height": cell * rows * down + 1.3}
    figure, axes = styling.slide(down, across, **size)
    shown = np.where(count > 0, count, np.nan)
    for one, sheet in zip(axes.flat, layout.sheets, strict=False):
        image = draw_sheet(
            one,
            layout,
            sheet,
            shown,
            None,
            (1.0, max(float(count.max()), 2.0)),
            numbered=rows * columns * len(layout.sheets) <= 120,
            cmap=_blues(),
            norm=_logarithmic(float(count.max()), float(count[count > 0].min(initial=1))),
        )
        if sheet.title:
            styling.entitled(one, sheet.title, styling.TICK)
    styling.scale_beside(figure, image, axes.ravel().tolist(), "visits")
    styling.entitled(figure, _title(subject), styling.LABEL)
    arrays = {"visits": (count, "how often each state was visited, [S]")}
    about = f" {layout.about}" if layout.about else ""
    return _picture(
        subject, figure, arrays, f"How often each state was visited; white is never.{about}"
    )


def _counts(subject: Subject, layout: Map) -> np.ndarray:
    """Return how often each state of a map was visited, int, [S]."""
    observation, states = subject.visits.observation, layout.states
    flat, known = (_rows(one) for one in (observation, states))
    place = {row.tobytes(): index for index, row in enumerate(known)}
    unique, number = np.unique(flat, axis=0, return_counts=True)
    count = np.zeros(len(known), int)
    for row, times in zip(unique, number, strict=True):
        index = place.get(row.tobytes(), NOWHERE)
        if index != NOWHERE:
            count[index] += times
    return count


def _rows(observation: Any) -> np.ndarray:
    """Return observations as rows of numbers, float32, [V, D]."""
    arrays = list(observation.values()) if isinstance(observation, dict) else [observation]
    flat = [np.asarray(array, np.float32).reshape(len(array), -1) for array in arrays]
    return np.ascontiguousarray(np.concatenate(flat, -1))


def _by_number(subject: Subject, seen: np.ndarray) -> Picture:
    """Draw visits of numbered states, or of the one number that is observed."""
    space = subject.spec.observation
    different = np.unique(seen)
    if isinstance(space, Discrete):
        edges = np.arange(space.n + 1) - 0.5
    elif len(different) <= _BINS and len(different) > 1:
        half = float(np.diff(different).min()) / 2
        edges = np.arange(different[0] - half, different[-1] + 2 * half, 2 * half)
    else:
        edges = np.histogram_bin_edges(seen, _BINS)
    count, _ = np.histogram(seen, edges)
    figure, axes = styling.slide()
    axes[0, 0].stairs(count, edges, fill=True, color=PALETTE[0])
    plain(axes[0, 0])
    styling.labelled(axes[0, 0], subject.dimensions[0].label, "visits")
    styling.entitled(axes[0, 0], _title(subject))
    arrays = {
        "visits": (count, "how often a state between two edges was visited, [K]"),
        "edges": (edges, f"edges of {subject.dimensions[0].label}, [K + 1]"),
    }
    return _picture(subject, figure, arrays, "How often each state was visited.")


def _on_frames(subject: Subject) -> Picture:
    image = image_of(subject.spec)
    assert image is not None
    name, space = image
    seen = subject.visits.observation
    newest: Any = seen if name is None else seen[name]
    frames = np.stack([picture_of(Box(space.frame_shape, space.dtype, space.low, space.high), one)
                       for one in newest[styling.spread(len(newest), 2_000)]])  # fmt: skip
    mean = frames.astype(float).mean(0)  # [H, W, C]
    names = channel_names(subject.world, mean.shape[-1])
    if mean.shape[-1] in (1, 3):
        mean, names = mean.mean(-1, keepdims=True), [""]
    across = min(len(names), 5)
    down = -(-len(names) // across)
    figure, axes = styling.slide(down, across, height=min(2.4 * down + 1.0, 7.0))
    for one in axes.flat:
        one.set_axis_off()
    for index, one in enumerate(list(axes.flat)[: len(names)]):
        shown = mean[..., index]
        drawn = one.imshow(shown, cmap=styling.DENSITY if names != [""] else "gray")
        drawn.set_clim(0.0, max(float(shown.max()), 1e-9))
        one.set_axis_on()
        one.set(xticks=[], yticks=[])
        styling.entitled(one, names[index], styling.LABEL)
    styling.entitled(figure, _title(subject))
    arrays = {"mean": (mean, "mean of the frames, [rows, columns, channels]")}
    says = "The mean of the frames: what is sharp did not move."
    if names != [""]:
        says = "How often each thing was in each place: the darker, the more often."
    return _picture(subject, figure, arrays, says)


def _picture(
    subject: Subject, figure: Any, arrays: dict[str, tuple[np.ndarray, str]], says: str
) -> Picture:
    visits = subject.visits
    return Picture(
        name="visits",
        title=_title(subject),
        caption=f"{says} These are {visits.says}.",
        figure=figure,
        arrays=arrays,
        facts={"states": len(visits), "while_training": visits.while_training},
    )


KIND = Kind("where exploration went", lambda _: True, _draw)
