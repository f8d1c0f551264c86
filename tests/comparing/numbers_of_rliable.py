"""Writes `data/rliable.json`: what rliable says of some arrays.

rliable needs arch, which does not work with the pandas that other packages of the tests install. So
it runs in an environment of its own, once:

    python -m venv /tmp/rliable && /tmp/rliable/bin/pip install rliable==1.2.0 'pandas<3'
    /tmp/rliable/bin/python tests/comparing/numbers_of_rliable.py
"""

import json
from functools import partial
from pathlib import Path

import numpy as np
from rliable import library, metrics

SHAPES = [(1, 1), (2, 1), (3, 2), (5, 1), (5, 7), (10, 3), (13, 5)]
PAIRS = [(1, 1, 1), (3, 5, 1), (10, 10, 1), (4, 2, 4), (8, 5, 2)]


def scores(runs, tasks, seed=0, shift=0.0, digits=6):
    random = np.random.default_rng(seed)
    return random.normal(shift, 1.0, (runs, tasks)).round(digits)


def interval(arrays, function, reps):
    np.random.seed(0)  # what rliable draws from
    _, found = library.get_interval_estimates({"x": arrays}, function, reps=reps)
    return np.asarray(found["x"]).T.tolist()


def iqm(found):
    return np.array([metrics.aggregate_iqm(found)])


def improvement(x, y):
    return np.array([metrics.probability_of_improvement(x, y)])


def main():
    single, pairs = [], []
    for shape in SHAPES:
        found = scores(*shape)
        taus = np.linspace(-2, 2, 9)
        entry = {
            "scores": found.tolist(),
            "iqm": metrics.aggregate_iqm(found),
            "mean": metrics.aggregate_mean(found),
            "median": metrics.aggregate_median(found),
            "optimality_gap": metrics.aggregate_optimality_gap(found, 1.0),
            "thresholds": taus.tolist(),
            "profile": library.score_distributions(found, taus).tolist(),
        }
        if shape[0] > 1:
            entry["iqm_interval"] = interval(found, iqm, 50_000)[0]
            profile = partial(library.score_distributions, tau=taus)
            entry["profile_interval"] = interval(found, profile, 10_000)
        single.append(entry)
    for runs, others, tasks in PAIRS:
        for digits in (0, 6):  # rounded to whole numbers there are ties
            x = scores(runs, tasks, digits=digits)
            y = scores(others, tasks, seed=1, shift=0.3, digits=digits)
            entry = {"x": x.tolist(), "y": y.tolist(), "probability": improvement(x, y).item()}
            if min(runs, others) > 1:
                entry["interval"] = interval((x, y), improvement, 5_000)[0]
            pairs.append(entry)
    text = json.dumps({"single": single, "pairs": pairs}, indent=1)
    (Path(__file__).parent / "data" / "rliable.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
