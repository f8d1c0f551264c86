"""Pictures of a search: what each trial reached, and which fields matter."""

from pathlib import Path

import numpy as np

from qlax.drawing import EVAL, FAINT, INK, LINE, SOLVED, new_figure, plain, save_figure
from qlax.tuning.outcome import Tuned

_COLOURS = {"complete": LINE, "pruned": FAINT}


def draw_history(tuned: Tuned, path: Path) -> None:
    """Draw the score of every trial in its order, the best so far, and the default."""
    figure = new_figure()
    axes = figure.subplots()
    for outcome, colour in _COLOURS.items():
        numbers, values = _points(tuned, outcome)
        if len(numbers):
            label = f"{outcome} ({len(numbers)})"
            axes.scatter(numbers, values, s=26, color=colour, label=label, zorder=3)
    numbers, values = _points(tuned, "complete")
    if len(numbers):
        best = np.maximum.accumulate(values)
        axes.step(numbers, best, where="post", color=INK, lw=1.2, label="best so far")
    marks = {"diverged": "x", "impossible": "|"}
    low, _ = axes.get_ylim()
    for outcome, mark in marks.items():
        lost = [one.number for one in tuned.trials if one.outcome == outcome]
        if lost:
            label = f"{outcome} ({len(lost)})"
            axes.scatter(lost, [low] * len(lost), marker=mark, color=EVAL, label=label)
    if tuned.confirmed:
        level = tuned.confirmed[0].value
        label = "default, on fresh seeds"
        axes.axhline(level, color=SOLVED, lw=1.2, ls="--", label=label, zorder=1)
    axes.set(xlabel="trial", ylabel="return", title=f"{len(tuned.trials)} trials")
    plain(axes)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=8)
    save_figure(figure, path)


def _points(tuned: Tuned, outcome: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers and scores of the trials that ended in a way."""
    own = [one for one in tuned.trials if one.outcome == outcome and one.value is not None]
    numbers = np.asarray([one.number for one in own])
    return numbers, np.asarray([one.value for one in own], np.float64)


def draw_importance(importances: dict[str, float], path: Path) -> None:
    """Draw how much each field matters, the most important first."""
    names = sorted(importances, key=lambda name: importances[name])
    figure = new_figure(7.2, 1.1 + 0.32 * len(names))
    axes = figure.subplots()
    bars = axes.barh(names, [importances[name] for name in names], color=LINE, height=0.62)
    axes.bar_label(bars, fmt="{:.0%}", padding=3, fontsize=8)
    axes.set(title="What tells the better half of the trials from all", xlim=(0, 1))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    plain(axes)
    save_figure(figure, path)
