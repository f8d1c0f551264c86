"""The claim: `qlax train Pendulum-v1` swings up and holds, on every seed.

Its actions are continuous: the agent chooses among a grid of nine torques. Each seed is a process
of its own on one core, run as a user runs it; time is measured from outside, everything included,
with an empty cache of compiled programs. The return is the mean over 100 episodes of Gymnasium's
own environment. Settings were chosen on seeds from 100 up.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from common import RESULTS, machine, number_list, print_table, qlax_versions, write_result
from qlax_runs import seconds_by_phase, train

ENV, GOAL = "Pendulum-v1", -250.0


def main() -> None:
    options = _options()
    runs: list[dict[str, Any]] = []
    about = {"machine": machine(), "versions": qlax_versions(), "env": ENV, "goal": GOAL}
    for group, seeds in (("seeds", options.seeds), ("unseen seeds", options.unseen_seeds)):
        for seed in seeds:
            runs.append({"group": group, **_run(seed, options.core)})
            write_result(options.out, {**about, "runs": runs, "summary": _summary(runs)})
            print(f"seed {seed}: {runs[-1]['mean_return']:.1f}", flush=True)
    rows = [
        [run["group"], run["seed"], f"{run['mean_return']:.1f}", f"{run['wall_seconds']:.1f}"]
        for run in runs
    ]
    print_table(["group", "seed", "mean return", "seconds"], rows)
    print(f"\nwritten to {options.out}")


def _run(seed: int, core: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as empty:
        outcome = train(ENV, ["--seed", str(seed)], core=core, cache=empty)
    result = outcome.result
    return {
        "seed": seed,
        "agent": result["agent"],
        "backend": result["backend"],
        "env_steps": result["env_steps"],
        "mean_return": result["eval"]["mean"],
        "min_return": result["eval"]["min"],
        "episodes": result["eval"]["episodes"],
        "wall_seconds": round(outcome.wall_seconds, 3),
        "seconds": seconds_by_phase(outcome),
    }


def _summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    returns = [run["mean_return"] for run in runs]
    return {
        "seeds": len(runs),
        "reach_goal": sum(value >= GOAL for value in returns),
        "worst": min(returns),
        "mean": sum(returns) / len(returns),
        "slowest_seconds": max(run["wall_seconds"] for run in runs),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=number_list, default=list(range(5)))
    parser.add_argument("--unseen-seeds", type=number_list, default=list(range(9000, 9005)))
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS / "pendulum.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
