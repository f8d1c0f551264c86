"""Performance profiles as a picture: which fraction of runs scores more than each value."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qlax.comparing import statistics
from qlax.comparing.panels import style
from qlax.comparing.results import AgentResult, Comparison
from qlax.drawing import INK, new_figure, plain, require_picture, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PLACES = 200
_RESAMPLES = 2_000


def draw_profiles(comparison: Comparison, path: str | Path | None = None) -> "Figure":
    """Draw the profiles of every environment, and of normalised scores over all if there are some.

    Raises:
        UsageError: if the file cannot be written.
    """
    if path is not None:
        path = Path(path).expanduser()
        require_picture("path", path)
    panels = [(task.env, task.agents, "score") for task in comparison.tasks]
    overall = comparison.overall
    if overall is not None and overall.agents:
        panels.insert(0, (f"{len(overall.envs)} environments", overall.agents, "normalised score"))
    columns = 2 if len(panels) == 4 else min(3, len(panels))
    rows = math.ceil(len(panels) / columns)
    width = 7.2 if columns == 1 else 4.7 * columns
    figure = new_figure(width, 3.6 * rows + 0.4)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    # In the order of the learning curves, to have the same colours.
    of_tasks = [sorted(result.agent for result in task.agents) for task in comparison.tasks]
    names = list(dict.fromkeys(agent for agents in of_tasks for agent in agents))
    for (title, agents, score), place in zip(panels, axes, strict=False):
        _draw(place, agents, names)
        place.set_title(title, loc="left", fontsize=11, color=INK)
        place.set_xlabel(f"{score} τ", color=INK)
        place.set_ylabel("fraction of runs above τ", color=INK)
    for place in axes[len(panels) :]:
        place.set_visible(False)
    handles: dict[str, Any] = {}
    for place in axes[: len(panels)]:
        lines, labels = place.get_legend_handles_labels()
        handles |= dict(zip(labels, lines, strict=True))
    figure.legend(
        [handles[name] for name in names],
        names,
        loc="outside lower center",
        ncols=min(len(handles), max(1, int(width / 1.8))),
        frameon=False,
        fontsize=9,
        labelcolor=INK,
    )
    if path is not None:
        save_figure(figure, path)
    return figure


def _draw(axes: "Axes", agents: Sequence[AgentResult], names: Sequence[str]) -> None:
    from matplotlib.ticker import MaxNLocator

    scores = np.concatenate([result.scores.ravel() for result in agents])
    margin = 0.05 * float(np.ptp(scores)) or max(0.05 * abs(float(scores[0])), 0.5)
    taus = np.linspace(scores.min() - margin, scores.max() + margin, _PLACES)
    for result in agents:
        colour, dashes = style(names.index(result.agent))
        profile = statistics.performance_profile(result.scores, taus)
        axes.step(
            taus, profile, dashes, color=colour, linewidth=1.8, label=result.agent, where="post"
        )
        if len(result.scores) > 1:
            low, high = statistics.stratified_bootstrap(
                result.scores,
                lambda drawn: statistics.performance_profile(drawn, taus),
                resamples=_RESAMPLES,
            )
            axes.fill_between(taus, low, high, color=colour, alpha=0.15, linewidth=0, step="post")
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_ylim(-0.03, 1.03)
    plain(axes)
