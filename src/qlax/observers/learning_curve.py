"""The learning curve of a run as a picture."""

from pathlib import Path
from typing import Any

from qlax.drawing import EVAL, FAINT, INK, LINE, SOLVED, new_figure, plain, save_figure
from qlax.observers.core import Ended, Observer
from qlax.runs import folder
from qlax.wording import counted, mean_of, significant


class LearningCurve(Observer):
    """Draws `curve.png` of a finished run: evaluations, training returns and threshold."""

    def end(self, event: Ended) -> None:
        """Draw it."""
        path, plan = event.member.folder, event.member.plan
        draw_curve(
            path / folder.CURVE,
            folder.read_metrics(path),
            title=f"{plan.agent_name} on {event.spec.id}, seed {plan.seed}",
            threshold=event.result["threshold"],
            evaluation=event.result["eval"],
            time_limit=plan.agent.time_limit,
        )


def draw_curve(
    path: Path,
    rows: list[dict[str, Any]],
    *,
    title: str,
    threshold: float | None,
    evaluation: dict[str, Any] | None,
    time_limit: int | None = None,
) -> None:
    """Draw a run's evaluations, its training returns and the threshold that counts as solved.

    The evaluations made while training are the main line; without them, the training returns are.

    Args:
        path: The PNG file to write.
        rows: The run's metrics.
        title: What is shown.
        threshold: The return from which the environment counts as solved, or None.
        evaluation: The run's `eval`, or None.
        time_limit: Steps after which training episodes end, if it is not the environment's limit.
    """
    figure = new_figure()
    axes = figure.add_subplot()
    steps, returns = _known(rows, "episode_return")
    trained = "training, with exploration: means of intervals"
    if time_limit is not None:
        trained += f",\nepisodes of up to {time_limit:,} steps"
    at, greedy = _known(rows, "eval_return")
    if greedy:
        axes.plot(steps, returns, color=FAINT, linewidth=0.8, label=trained)
        played = max(row.get("eval_episodes") or 0 for row in rows)
        axes.plot(
            at,
            greedy,
            ".-",
            color=LINE,
            linewidth=2,
            label=f"greedy while training: means of {counted(played, 'episode')}",
        )
    else:
        axes.plot(steps, returns, ".", color=FAINT, markersize=4, label=trained)
        axes.plot(steps, _smoothed(returns), color=LINE, linewidth=2, label="the same, smoothed")
    if threshold is not None:
        axes.axhline(threshold, color=SOLVED, linestyle="--", linewidth=1.2)
        axes.annotate(
            f"solved: {threshold:g}",
            (0.01, threshold),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            color=SOLVED,
            fontsize=9,
        )
    if evaluation is not None and rows:
        mean, std, played = (evaluation[name] for name in ("mean", "std", "episodes"))
        axes.errorbar(
            [rows[-1]["env_steps"]],
            [mean],
            yerr=[std],
            fmt="D",
            color=EVAL,
            capsize=4,
            zorder=5,
            label=f"greedy at the end, {counted(played, 'episode')}: "
            f"{mean_of(mean, std, played)} ± {significant(std)}",
        )
    axes.set_title(title, loc="left", fontsize=12, color=INK)
    axes.set_xlabel("environment steps", color=INK)
    axes.set_ylabel("episode return", color=INK)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    plain(axes)
    figure.legend(loc="outside lower left", frameon=False, fontsize=9)
    save_figure(figure, path)


def _known(rows: list[dict[str, Any]], name: str) -> tuple[list[int], list[float]]:
    """Return the environment steps and the values of a metric where there is one."""
    seen = [row for row in rows if row.get(name) is not None]
    return [row["env_steps"] for row in seen], [row[name] for row in seen]


def _smoothed(values: list[float], weight: float = 0.8) -> list[float]:
    """Return an exponential moving average, corrected for its start."""
    smoothed, average, correction = [], 0.0, 0.0
    for value in values:
        average = weight * average + (1 - weight) * value
        correction = weight * correction + (1 - weight)
        smoothed.append(average / correction)
    return smoothed
