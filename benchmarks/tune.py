"""The claim: `qlax tune CartPole-v1` tries 50 settings on three seeds each within ten minutes.

The command runs as a user runs it, with an empty cache of compiled programs, on all cores; time is
measured from outside, the confirmation on fresh seeds included. Beside it, Optuna around
Stable-Baselines3 on the same budget: a few thousand steps of a trial are trained, one process a
core, and the time for 50 whole trials is extrapolated from them, as if none were pruned.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from common import RESULTS, machine, print_table, qlax_versions, run_pinned, versions, write_result

ENV, TRIALS, SEEDS, STEPS = "CartPole-v1", 50, 3, 50_000
RIVAL = Path(__file__).resolve().parent / "contestants" / "tune_sb3.py"


def main() -> None:
    options = _options()
    document: dict[str, Any] = {
        "machine": machine(),
        "versions": qlax_versions(),
        "env": ENV,
        "trials": TRIALS,
        "seeds": SEEDS,
        "steps": STEPS,
        "qlax": _qlax(),
    }
    write_result(options.out, document)
    rows = [["qlax", _minutes(document["qlax"]["wall_seconds"]), "measured"]]
    if options.rival is not None:
        document["rival"] = _rival(options.rival, options.rival_steps)
        document["rival_versions"] = versions(
            options.rival, ("stable-baselines3", "torch", "optuna", "gymnasium")
        )
        write_result(options.out, document)
        seconds = document["rival"]["seconds_of_all_trials"]
        rows.append(["Optuna and SB3", _minutes(seconds), "extrapolated, none pruned"])
    print_table(["who", "minutes", "how"], rows)
    print(f"\n{document['qlax']['verdict']}\nwritten to {options.out}")


def _qlax() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as place:
        words = ["-m", "qlax", "tune", ENV, "--trials", str(TRIALS), "--seeds", str(SEEDS)]
        done = run_pinned(
            [sys.executable, *words, "--steps", str(STEPS), "--json", "--out", f"{place}/search"],
            None,
            {"XDG_CACHE_HOME": place},
        )
    found = json.loads(done.output)
    names = ("verdict", "beats_default", "trials", "confirmed", "importances", "changed")
    return {
        "wall_seconds": round(done.seconds, 1),
        "cpu_seconds": round(done.cpu_seconds, 1),
        **{name: found[name] for name in names},
    }


def _rival(python: Path, steps: int) -> dict[str, Any]:
    """Train a short trial in a process for each core, all at the same time."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    words = [str(python), str(RIVAL), "--seeds", str(SEEDS), "--steps", str(steps)]
    began = time.perf_counter()
    started = [
        subprocess.Popen(
            words, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
        )
        for _ in range(cores)
    ]
    seconds = [json.loads(one.communicate()[0])["seconds"] for one in started]
    trial = sum(seconds) / len(seconds) * STEPS / steps
    return {
        "steps_measured": steps,
        "processes": cores,
        "seconds_measured": [round(one, 1) for one in seconds],
        "wall_seconds": round(time.perf_counter() - began, 1),
        "seconds_of_a_trial": round(trial, 1),
        "seconds_of_all_trials": round(trial * TRIALS / cores, 1),
    }


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rival", type=Path, help="the interpreter that has Stable-Baselines3")
    parser.add_argument("--rival-steps", type=int, default=3_000)
    parser.add_argument("--out", type=Path, default=RESULTS / "tune.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
