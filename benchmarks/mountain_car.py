"""The claim: `qlax train MountainCar-v0` solves the task in seconds, on every seed.

Every seed is its own process on one core, run as a user runs it: time is measured from outside,
imports, compilation, training, the evaluation over 100 episodes of Gymnasium's own environment
and the drawing of the curve included. Cold runs have an empty cache folder each, as on a new
machine; warm runs find the programs that an earlier run has left. The unseen seeds were never
looked at while settings were chosen.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from common import (
    RESULTS,
    machine,
    number_list,
    print_table,
    qlax_versions,
    shown_spread,
    spread,
    write_result,
)
from qlax_runs import PHASES, seconds_by_phase, train


def main() -> None:
    options = _options()
    extra = [] if options.agent is None else ["--agent", options.agent]
    extra += [] if options.steps is None else ["--steps", str(options.steps)]
    about = {"machine": machine(), "versions": qlax_versions(), "env": options.env}
    groups = {"seeds": options.seeds, "unseen seeds": options.unseen_seeds}
    caches = ("cold", "warm") if options.cache == "both" else (options.cache,)
    path = options.out or RESULTS / f"{_name(options)}.json"
    runs: list[dict[str, Any]] = []
    for cache in caches:
        with tempfile.TemporaryDirectory() as shared:
            if cache == "warm":
                filling = ["--seed", str(options.filling_seed), *extra]
                train(options.env, filling, core=options.core, cache=shared)
            for group, seeds in groups.items():
                for seed in seeds:
                    run = _run(options.env, seed, extra, options.core, shared, cache)
                    runs.append({"cache": cache, "group": group, **run})
                    print(_line(runs[-1]), flush=True)
                    write_result(path, {**about, "runs": runs, "summary": _summaries(runs)})
    print()
    _print_summary(runs)
    print(f"\nwritten to {path}")


def _run(
    env: str, seed: int, extra: list[str], core: int, shared: str, cache: str
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as empty:
        folder = shared if cache == "warm" else empty
        outcome = train(env, ["--seed", str(seed), *extra], core=core, cache=folder)
    result = outcome.result
    return {
        "seed": seed,
        "agent": result["agent"],
        "backend": result["backend"],
        "env_steps": result["env_steps"],
        "updates": result["updates"],
        "mean_return": result["eval"]["mean"],
        "std_return": result["eval"]["std"],
        "episodes": result["eval"]["episodes"],
        "threshold": result["threshold"],
        "solved": result["solved"],
        "wall_seconds": round(outcome.wall_seconds, 3),
        "cpu_seconds": round(outcome.cpu_seconds, 3),
        "seconds": seconds_by_phase(outcome),
    }


def _line(run: dict[str, Any]) -> str:
    verdict = {True: "solved", False: "not solved", None: "no threshold"}[run["solved"]]
    return (
        f"{run['cache']} cache, seed {run['seed']}: {run['mean_return']:.1f} ({verdict}), "
        f"{run['wall_seconds']:.1f} s"
    )


def _grouped(runs: list[dict[str, Any]]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for run in runs:
        groups.setdefault((run["cache"], run["group"]), []).append(run)
    return groups


def _summaries(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "cache": cache,
            "group": group,
            "runs": len(some),
            "solved": sum(bool(run["solved"]) for run in some),
            "mean_return": spread([run["mean_return"] for run in some]),
            "wall_seconds": spread([run["wall_seconds"] for run in some]),
            "seconds": {phase: spread([run["seconds"][phase] for run in some]) for phase in PHASES},
        }
        for (cache, group), some in _grouped(runs).items()
    ]


def _print_summary(runs: list[dict[str, Any]]) -> None:
    rows = [
        [
            f"{cache} cache, {group}",
            f"{sum(bool(run['solved']) for run in some)} of {len(some)}",
            shown_spread([run["mean_return"] for run in some]),
            shown_spread([run["wall_seconds"] for run in some]),
            *(
                f"{spread([run['seconds'][phase] for run in some])['median']:.2f}"
                for phase in PHASES
            ),
        ]
        for (cache, group), some in _grouped(runs).items()
    ]
    columns = ["median (min … max)", "solved", "mean return", "wall seconds", *PHASES]
    print_table(columns, rows)


def _name(options: argparse.Namespace) -> str:
    where = "mountain_car" if options.env == "MountainCar-v0" else options.env.replace("/", "_")
    return where if options.agent is None else f"{where}_{options.agent}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--env", default="MountainCar-v0", help="Gymnasium's id")
    parser.add_argument("--agent", help="a named agent; by default qlax's choice for the task")
    parser.add_argument("--seeds", type=number_list, default=number_list("0-9"))
    parser.add_argument("--unseen-seeds", type=number_list, default=number_list("9000-9009"))
    parser.add_argument("--cache", choices=("cold", "warm", "both"), default="both")
    parser.add_argument("--filling-seed", type=int, default=777, help="run that fills warm caches")
    parser.add_argument("--steps", type=int, help="environment steps; by default the agent's own")
    parser.add_argument("--core", type=int, default=0, help="the core every run stays on")
    parser.add_argument("--out", type=Path, help="result file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
