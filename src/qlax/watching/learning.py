"""What an agent was like in the course of its training, as scenes of one film."""

from pathlib import Path

from qlax.errors import UsageError
from qlax.loading import load
from qlax.runs.moments import MOMENTS
from qlax.runs.saved import read_run
from qlax.watching.filming import Scene


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
        Scene(load(path), f"{run.env}, {run.agent}: {_when(taken, run.steps)}")
        for taken, path in sorted(chosen.items())
    ]


def _when(taken: int, planned: int) -> str:
    if taken == 0:
        return "before training"
    return f"after {taken:,} steps" + (f" of {planned:,}" if taken < planned else "")
