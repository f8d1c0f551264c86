"""Runs with logs: two seeds trained, and one of them gone on with from an older checkpoint."""

import shutil

import qlax
from qlax.runs import checkpoint, folder
from tests.runs import small

NUMBERS = ("train/return", "train/loss", "eval/return", "explore/epsilon", "time/seconds")
"""Some of what every log has."""


def trained(out, *logs):
    """Return the runs of two seeds."""
    return qlax.train_seeds(
        "MountainCar-v0",
        small.AGENT,
        seeds=[3, 5],
        steps=small.STEPS,
        eval_episodes=1,
        out=out,
        observers=logs,
    )


def gone_back_and_on(run, *logs):
    """Return the steps that a run goes back to, and the run gone on with from there."""
    for path in checkpoint.checkpoints(run.folder)[1:]:
        shutil.rmtree(path)
    (last,) = checkpoint.checkpoints(run.folder)
    steps = checkpoint.iteration_of(last)  # of one environment
    return steps, qlax.resume(run.folder, observers=logs)


def steps_of(run):
    """Return the environment steps of the rows of a run's metrics."""
    return [row["env_steps"] for row in folder.read_metrics(run.folder)]
