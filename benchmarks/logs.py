"""What logging costs training: the seconds that each kind of log takes of a run's main job.

    python benchmarks/logs.py

Each log measures itself while MountainCar is trained: what it does before training, at its
reports, and at its end. The share is that of all but the first in the time of the training program
(`seconds` of the last row). Nothing is sent: W&B is offline, MLflow writes a
database.
"""

import argparse
import contextlib
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import qlax
from common import RESULTS, machine, print_table, qlax_versions, shown_spread, spread, write_result
from qlax.observers.logs import LOGS, Log
from qlax.runs import folder

ENV = "MountainCar-v0"
EVENTS = {"begin": "before", "advance": "while", "report": "while", "end": "after"}


def main() -> None:
    """Measure, print a table and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="runs of each kind, a seed each")
    parser.add_argument("--logs", default=",".join(LOGS), help="the kinds")
    options = parser.parse_args()
    document: dict[str, Any] = {
        "machine": machine(),
        "versions": qlax_versions(),
        "env": ENV,
        "logs": {},
    }
    rows = []
    for name in options.logs.split(","):
        found = [measured(LOGS[name], seed) for seed in range(-1, options.runs)][1:]
        figures = {key: [one[key] for one in found] for key in found[0]}
        shares = [100 * (one["while"] + one["after"]) / one["program"] for one in found]
        document["logs"][name] = {**figures, "percent": {"each": shares, **spread(shares)}}
        rows.append(
            (
                name,
                *(shown_spread(figures[key], 3) for key in ("before", "while", "after", "program")),
                shown_spread(shares, 2),
            )
        )
    print_table(
        (ENV, "before training, s", "while training, s", "after, s", "program, s", "share, %"),
        rows,
    )
    document["median_percent"] = {
        name: statistics.median(log["percent"]["each"]) for name, log in document["logs"].items()
    }
    write_result(RESULTS / "logs.json", document)


def measured(kind: type[Log], seed: int) -> dict[str, float]:
    """Return the seconds that a log takes of a run, and those of the training program."""
    spent = dict.fromkeys(EVENTS.values(), 0.0)
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        _keep_here(Path(place))
        log, out = kind(), Path(place) / "run"
        for event, when in EVENTS.items():
            setattr(log, event, _timed(getattr(log, event), spent, when))
        qlax.train(ENV, seed=max(seed, 0), out=out, eval_episodes=1, observers=[log])
        program = folder.read_metrics(out)[-1]["seconds"]
    return {**spent, "program": program}


def _keep_here(place: Path) -> None:
    os.environ |= {
        "WANDB_MODE": "offline",
        "WANDB_DIR": str(place),
        "TRACKIO_DIR": str(place),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_TRACKING_URI": f"sqlite:///{place / 'mlflow.db'}",
    }


def _timed(method: Any, spent: dict[str, float], when: str) -> Any:
    def called(event: Any) -> Any:
        began = time.perf_counter()
        try:
            return method(event)
        finally:
            spent[when] += time.perf_counter() - began

    return called


if __name__ == "__main__":
    main()
