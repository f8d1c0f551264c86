"""A run small enough to repeat: MountainCar with the table of the tutorial, 400 steps."""

import numpy as np

import qlax
from qlax import explorers, networks, replay, schedules
from qlax.runs import folder

AGENT = qlax.Agent(
    network=networks.MLP(hidden=(8,)),
    explorer=explorers.EpsilonGreedy(
        epsilon=schedules.Linear(steps=300), duration=explorers.Uniform(high=5)
    ),
    replay=replay.Uniform(capacity=200, batch_size=8, n_step=2),
    learning_starts=50,
)
STEPS = 400


def arrays(path):
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def assert_same_policy(one, other):
    first, second = (arrays(run / "policy" / "params.npz") for run in (one, other))
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])


def untimed(run):
    """Return a run's rows of metrics, without how long they took."""
    rows = folder.read_metrics(run)
    assert all(row.pop("seconds") > 0 for row in rows)
    return rows
