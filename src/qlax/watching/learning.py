"""What an agent was like in the course of its training, as scenes of one film."""

from pathlib import Path

from qlax.errors import UsageError
from qlax.loading import load
from qlax.runs.moments import MOMENTS
from qlax.runs.saved import SavedRun, read_run
from qlax.watching.filming import Scene

_NEAR = 0.03
"""Share of a run that may lie between a policy that was kept and the evaluation it is told with."""


def scenes_of_learning(folder: Path) -> list[Scene]:
    """Return an agent's first tries, halfway through its training, and at its end.

    Args:
        folder: The run, of one seed.

    Raises:
        UsageError: if the folder is no run, or has kept nothing of its training.
    """
    run = read_run(folder)
    moments = run.moments
    if len(moments) < 2:
        raise UsageError(
            f"{folder} has kept no policies of its training in {MOMENTS}/: it was trained by an "
            "older qlax, or has hardly begun. Train it again, or film it as it is, without "
            "--learning."
        )
    steps = [taken for taken, _ in moments]
    halfway = min(moments, key=lambda moment: abs(moment[0] - steps[-1] / 2))
    chosen = dict([moments[0], halfway, moments[-1]])
    return [
        Scene(load(path), f"{run.env}, {run.agent}: {_when(taken, run.steps)}{_mean(run, taken)}")
        for taken, path in sorted(chosen.items())
    ]


def _mean(run: SavedRun, taken: int) -> str:
    """Return what the evaluation of about that time found, if there was one."""
    mean = run.result and (run.result.get("eval") or {}).get("mean")
    if mean is None or taken < run.steps:
        found = [row for row in run.rows if row.get("eval_return") is not None]
        near = [row for row in found if abs(row["env_steps"] - taken) <= _NEAR * run.steps]
        nearest = min(near, key=lambda row: abs(row["env_steps"] - taken), default=None)
        mean = None if nearest is None or taken == 0 else nearest["eval_return"]
    return "" if mean is None else f", mean return {mean:.4g}".replace("-", "−")


def _when(taken: int, planned: int) -> str:
    if taken == 0:
        return "before training"
    return f"after {taken:,} steps" + (f" of {planned:,}" if taken < planned else "")
