"""The curves of one environment on one pair of axes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from qlax.comparing.curves import Band, Curve, Middle, curve_of
from qlax.comparing.trace import AXES, EVALUATION, TRAINING, Axis, Trace
from qlax.drawing import INK, PALETTE, SOLVED, plain
from qlax.errors import UsageError, nearest, require, shown
from qlax.wording import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RETURN = "return"
"""Greedy evaluations where there are some, with training returns as thin lines; else these."""
_DASHES = ("-", "--", "-.", ":")
_LABELS: dict[Axis, str] = {
    "steps": "environment steps",
    "updates": "gradient updates",
    "seconds": "seconds of training",
}


class Drawn(NamedTuple):
    """What is drawn of an agent in an environment."""

    measure: str
    """The name of the line that is the main one."""
    main: Curve
    thin: Curve | None
    """Training returns beside evaluations."""


@dataclass(frozen=True)
class Panel:
    """The curves of one environment, ready to be drawn."""

    env: str
    agents: Mapping[str, Drawn]
    """By the agent's name."""
    threshold: float | None
    """The return that counts as solved, where returns are drawn."""
    without: Sequence[Trace]
    """Runs that have no such values along this axis."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What curves are to show."""

    x: Axis = "steps"
    y: str = RETURN
    middle: Middle = "iqm"
    band: Band = "interval"

    def __post_init__(self) -> None:
        """Check what names alone can say."""
        require(self.x in AXES, "x", self.x, f"one of {', '.join(AXES)}")
        if not isinstance(self.y, str):
            raise UsageError(f"y is {shown(self.y)}, but must be the name of a metric.")
        curve_of([], middle=self.middle, band=self.band)


def panel_of(env: str, agents: Mapping[str, Sequence[Trace]], wanted: Wanted) -> Panel:
    """Return the curves of an environment's agents."""
    drawn: dict[str, Drawn] = {}
    without: list[Trace] = []
    for agent, traces in agents.items():
        measure = _measure(traces, wanted)
        having = [trace for trace in traces if len(trace.line(measure, wanted.x)[0])]
        without += [trace for trace in traces if trace not in having]
        if having:
            thin = TRAINING if wanted.y == RETURN and measure == EVALUATION else None
            drawn[agent] = Drawn(
                measure,
                _curve(having, measure, wanted),
                None if thin is None else _curve(having, thin, wanted),
            )
    of_returns = wanted.y in (RETURN, EVALUATION, TRAINING)
    thresholds = [trace.threshold for traces in agents.values() for trace in traces]
    threshold = next((one for one in thresholds if one is not None), None)
    return Panel(env, drawn, threshold if of_returns else None, without)


def require_measure(traces: Sequence[Trace], wanted: Wanted) -> None:
    """Raise `UsageError` if no run has what is to be drawn."""
    names = {RETURN, *(name for trace in traces for name in trace.lines)}
    if wanted.y not in names:
        known = nearest(wanted.y, names, f"There is {', '.join(sorted(names))}.")
        raise UsageError(f"y is {wanted.y!r}, but no run has such a metric. {known}")
    if not any(wanted.x in line.axes for trace in traces for line in trace.lines.values()):
        raise UsageError(f"x is {wanted.x!r}, but no run has kept its {wanted.x}.")


def draw(axes: "Axes", panel: Panel, wanted: Wanted, colours: Mapping[str, int]) -> None:
    """Draw the curves of an environment.

    Args:
        axes: Where to.
        panel: What to draw.
        wanted: What it shows.
        colours: The number of each agent's colour.
    """
    from matplotlib.ticker import MaxNLocator

    for agent, drawn in panel.agents.items():
        colour, dashes = style(colours[agent])
        _main(axes, drawn.main, colour, dashes, agent)
        if drawn.thin is not None:
            axes.plot(
                drawn.thin.x, drawn.thin.middle, color=colour, alpha=0.35, linewidth=0.8, zorder=1.5
            )
    _limit(axes, panel)
    if panel.threshold is not None:
        axes.axhline(panel.threshold, color=SOLVED, linestyle=(0, (4, 3)), linewidth=1.0, zorder=1)
        axes.annotate(
            f"solved: {panel.threshold:g}",
            (0.0, panel.threshold),  # curves begin far below it
            xycoords=("axes fraction", "data"),
            xytext=(3, 3),
            textcoords="offset points",
            color=SOLVED,
            fontsize=8,
        )
    axes.set_title(panel.env, loc="left", fontsize=11, color=INK)
    axes.set_xlabel(_LABELS[wanted.x], color=INK)
    axes.set_ylabel(_y_label(panel, wanted), color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(_short)
    plain(axes)


def style(number: int) -> tuple[str, str]:
    """Return the colour of an agent's line, and its dashes: others where colours come again."""
    return PALETTE[number % len(PALETTE)], _DASHES[number // len(PALETTE) % len(_DASHES)]


def label_of(agent: str, panels: Sequence[Panel]) -> str:
    """Return an agent's name in a legend, with how many seeds its curves are of."""
    drawn = [panel.agents[agent] for panel in panels if agent in panel.agents]
    numbers = sorted({one.main.seeds for one in drawn})
    seeds = counted(numbers[0], "seed")
    said = seeds if len(numbers) == 1 else f"{numbers[0]} to {counted(numbers[-1], 'seed')}"
    notes = [said]
    measures = {one.measure for panel in panels for one in panel.agents.values()}
    if len(measures) > 1 and any(one.measure == TRAINING for one in drawn):
        notes.append("training")
    return f"{agent} ({', '.join(notes)})"


def _measure(traces: Sequence[Trace], wanted: Wanted) -> str:
    """Return which line is the main one of an agent: evaluations, if all its seeds have some."""
    if wanted.y != RETURN:
        return wanted.y
    evaluated = all(len(trace.line(EVALUATION, wanted.x)[0]) for trace in traces)
    return EVALUATION if evaluated else TRAINING


def _curve(traces: Sequence[Trace], measure: str, wanted: Wanted) -> Curve:
    series = [trace.line(measure, wanted.x) for trace in traces]
    return curve_of(series, middle=wanted.middle, band=wanted.band)


def _main(axes: "Axes", curve: Curve, colour: str, dashes: str, label: str) -> None:
    """Draw a main line with its band, dotted where not all seeds have data."""
    whole = np.where(curve.is_whole, curve.middle, np.nan)
    mark = "." if np.isfinite(whole).sum() == 1 else None
    axes.plot(
        curve.x, whole, dashes, color=colour, linewidth=1.9, marker=mark, label=label, zorder=3
    )
    axes.fill_between(curve.x, curve.low, curve.high, color=colour, alpha=0.18, linewidth=0)
    if not curve.is_whole.all():
        # One place further on either side, so that the dotted line meets the whole one.
        missing = ~curve.is_whole
        reaching = missing | np.append(missing[1:], False) | np.insert(missing[:-1], 0, False)
        rest = np.where(reaching, curve.middle, np.nan)
        axes.plot(curve.x, rest, ":", color=colour, linewidth=1.4, zorder=2.5)


def _limit(axes: "Axes", panel: Panel) -> None:
    """Let main lines and bands decide how high the picture reaches, not the thin lines.

    Training episodes may be longer than those of the environment, and then have returns far below.
    """
    curves = [one.main for one in panel.agents.values()]
    parts = [part for curve in curves for part in (curve.middle, curve.low, curve.high)]
    ends = np.concatenate([*parts, [np.nan if panel.threshold is None else panel.threshold]])
    ends = ends[np.isfinite(ends)]
    if len(ends):
        low, high = ends.min(), ends.max()
        margin = 0.06 * (high - low) or max(0.06 * abs(high), 0.5)
        axes.set_ylim(low - margin, high + margin)


def _y_label(panel: Panel, wanted: Wanted) -> str:
    if wanted.y != RETURN:
        return wanted.y.replace("_", " ")
    measures = {one.measure for one in panel.agents.values()}
    if measures == {TRAINING}:
        return "return in training, with exploration"
    thin = any(one.thin is not None and len(one.thin.x) for one in panel.agents.values())
    return "greedy return (thin: in training)" if thin else "greedy return"


def _short(value: float, _: object) -> str:
    """Return a number on an axis: `500`, `20k`, `1.5M`."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"
