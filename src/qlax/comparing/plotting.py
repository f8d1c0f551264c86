"""Learning curves of any mix of agents, environments and seeds in one picture."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from qlax.arguments import path_of, refuses_plainly
from qlax.comparing.curves import Band, Curve, Middle
from qlax.comparing.foreign import Columns
from qlax.comparing.labels import by_env
from qlax.comparing.panels import RETURN, Panel, Wanted, draw, label_of, panel_of, require_measure
from qlax.comparing.reading import Runs, traces_in
from qlax.comparing.trace import Axis
from qlax.comparing.verdict import listed
from qlax.drawing import INK, new_figure, require_picture, save_figure
from qlax.warning import warn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BANDS = {
    "interval": "95 % bootstrap interval of the {}",
    "std": "one standard deviation around the {}",
    "range": "from the worst to the best seed",
}
_MIDDLES = {"iqm": "interquartile mean", "mean": "mean", "median": "median"}
_MOST_COLUMNS = 3


class Curves(NamedTuple):
    """Everything that is drawn."""

    panels: list[Panel]
    """One an environment."""
    wanted: Wanted
    notes: list[str]
    """What cannot be shown, a sentence each."""

    def as_json(self) -> dict[str, Any]:
        """Return the curves as plain values."""
        return {
            "x": self.wanted.x,
            "y": self.wanted.y,
            "middle": self.wanted.middle,
            "band": self.wanted.band,
            "envs": {
                panel.env: {
                    agent: {"measure": drawn.measure, **_plain(drawn.main)}
                    for agent, drawn in panel.agents.items()
                }
                for panel in self.panels
            },
            "notes": self.notes,
        }


@refuses_plainly
def plot(
    runs: Runs,
    path: str | Path | None = None,
    *,
    x: Axis = "steps",
    y: str = RETURN,
    middle: Middle = "iqm",
    band: Band = "interval",
    env: str | None = None,
    columns: Columns | None = None,
) -> "Figure":
    """Draw learning curves, a panel for each environment and a colour for each agent.

    Seeds of an agent are one line with a band. Where only some of them have data, as where a run is
    unfinished, the line is dotted and has no band.

    Args:
        runs: Folders of runs and folders above them, files of other libraries' logs, or `Run`s; a
            dict gives them names.
        path: A PNG or SVG file to write.
        x: `steps`, `updates` or `seconds`.
        y: `return` for greedy evaluations with training returns as thin lines, or the name of any
            metric of the runs, such as `loss`.
        middle: Of the seeds: the interquartile mean `iqm`, `mean` or `median`.
        band: `interval`, the 95 % bootstrap interval of the middle; `std`; `range`, from the worst
            to the best seed; or `none`.
        env: The environment of other libraries' logs that do not say it.
        columns: Which of their columns to read, if they do not have the usual names.

    Returns:
        matplotlib's figure. What could not be read is a warning.

    Raises:
        UsageError: if nothing can be drawn, or something given cannot work.
    """
    if path is not None:
        path = path_of("path", path)
        require_picture("path", path)
    curves = curves_of(runs, Wanted(x=x, y=y, middle=middle, band=band), env=env, columns=columns)
    for note in curves.notes:
        warn(note)
    figure = drawn(curves)
    if path is not None:
        save_figure(figure, path)
    return figure


def curves_of(
    runs: Runs, wanted: Wanted, *, env: str | None = None, columns: Columns | None = None
) -> Curves:
    """Read runs and work out their curves; the arguments are those of `plot`."""
    found = traces_in(runs, env=env, columns=columns)
    require_measure(found.traces, wanted)
    panels = [panel_of(name, agents, wanted) for name, agents in by_env(found.traces).items()]
    notes = [entry.why for entry in found.left_out]
    for panel in panels:
        notes += [
            f"{trace.folder} is not drawn: it has no {_what(wanted)} along its {wanted.x}."
            for trace in panel.without
        ]
    single = [
        f"{agent} on {panel.env}"
        for panel in panels
        for agent, entry in panel.agents.items()
        if entry.main.seeds == 1
    ]
    if single and wanted.band != "none":
        are = "is one seed" if len(single) == 1 else "are one seed each"
        notes.append(f"{listed(single)} {are}: there is no band.")
    return Curves([panel for panel in panels if panel.agents], wanted, notes)


def drawn(curves: Curves, colours: Mapping[str, int] | None = None) -> "Figure":
    """Return the picture of curves.

    Args:
        curves: What to draw.
        colours: The number of each agent's colour, to be the same in several pictures.
    """
    panels = curves.panels
    columns = 2 if len(panels) == 4 else min(_MOST_COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    agents = list(dict.fromkeys(agent for panel in panels for agent in panel.agents))
    labels = [label_of(agent, panels) for agent in agents]
    width = 7.2 if columns == 1 else 4.7 * columns
    beside = max(1, int(width / (0.6 + 0.075 * max(map(len, labels)))))
    lines = math.ceil(len(agents) / beside)
    figure = new_figure(width, (4.2 if columns == 1 else 3.5) * rows + 0.22 * lines)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    colours = colours or {agent: number for number, agent in enumerate(agents)}
    for panel, place in zip(panels, axes, strict=False):
        draw(place, panel, curves.wanted, colours)
    for place in axes[len(panels) :]:
        place.set_visible(False)
    handles: dict[str, Any] = {}
    for place in axes[: len(panels)]:
        handles |= dict(zip(*place.get_legend_handles_labels()[::-1], strict=True))
    figure.legend(
        [handles[agent] for agent in agents],
        labels,
        loc="outside lower center",
        ncols=min(beside, len(agents)),
        frameon=False,
        fontsize=9,
        labelcolor=INK,
        title=_said_of_bands(curves),
        title_fontsize=8,
    )
    return figure


def _said_of_bands(curves: Curves) -> str:
    """Return what lines and bands are."""
    wanted = curves.wanted
    middle = _MIDDLES[wanted.middle]
    several = [one.main for panel in curves.panels for one in panel.agents.values()]
    if not any(curve.seeds > 1 for curve in several):
        return ""
    said = [f"line: {middle} of the seeds"]
    if wanted.band in _BANDS:
        said.append(f"band: {_BANDS[wanted.band].format(middle)}")
    if not all(curve.is_whole.all() for curve in several):
        said.append("dotted: of those that have data")
    return "; ".join(said)


def _what(wanted: Wanted) -> str:
    return "returns" if wanted.y == RETURN else wanted.y


def _plain(curve: Curve) -> dict[str, Any]:
    """Return a curve as lists, with None for what is not there."""
    numbers = {
        name: [None if value != value else float(value) for value in getattr(curve, name)]
        for name in ("x", "middle", "low", "high")
    }
    return numbers | {"count": curve.count.tolist(), "seeds": curve.seeds}
