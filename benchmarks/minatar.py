"""What agents reach on MinAtar's five games in a million frames each.

Each cell is `qlax train MinAtar/GAME-v1 --agent AGENT --seed SEED --steps STEPS`: the mean return
of 100 full games by the finished policy, with sticky actions as MinAtar plays. Every seed of every
cell counts. A seed that is there already is not run again, so a broken run goes on where it was:
delete the result file to begin anew.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from common import (
    RESULTS,
    SubprocessError,
    interval,
    print_table,
    resumed,
    write_result,
)
from qlax_runs import train

GAMES = ("Breakout", "SpaceInvaders", "Asterix", "Freeway", "Seaquest")
# PQN plays every game; the others, which take longer, two.
PLAYS = {"pqn": GAMES, "dqn": GAMES[:2], "rainbow": GAMES[:2], "m_iqn": GAMES[:2]}


def main() -> None:
    options = _options()
    document = resumed(options.out, "runs")
    runs: list[dict[str, Any]] = document["runs"]
    done = {(run["game"], run["agent"], run["seed"], run["steps"]) for run in runs}
    for agent in options.agents:
        for seed in range(options.seeds):
            for game in PLAYS[agent]:
                cell = (game, agent, seed, options.steps)
                if cell not in done and game in options.games:
                    _run(*cell, options.core, runs)
                    write_result(options.out, document)
    print()
    _print(runs, options.steps)


def _run(
    game: str, agent: str, seed: int, steps: int, core: int, runs: list[dict[str, Any]]
) -> None:
    words = ["--agent", agent, "--seed", str(seed), "--steps", str(steps)]
    try:
        outcome = train(f"MinAtar/{game}-v1", words, core=core)
    except SubprocessError as failure:
        print(failure, flush=True)
        return
    evaluation = outcome.result["eval"]
    print(f"{game}, {agent}, seed {seed}: {evaluation['mean']:.1f}", flush=True)
    runs.append(
        {
            "game": game,
            "agent": agent,
            "seed": seed,
            "steps": steps,
            "mean": evaluation["mean"],
            "std": evaluation["std"],
            "updates": outcome.result["updates"],
            "wall_seconds": round(outcome.wall_seconds, 1),
        }
    )


def _print(runs: list[dict[str, Any]], steps: int) -> None:
    rows: list[list[object]] = []
    for game in GAMES:
        for agent in PLAYS:
            cell = [run for run in runs if (run["game"], run["agent"]) == (game, agent)]
            cell = [run for run in cell if run["steps"] == steps]
            if cell:
                means = [run["mean"] for run in cell]
                low, high = interval(means)
                seconds = np.mean([run["wall_seconds"] for run in cell])
                mean = f"{np.mean(means):.1f} [{low:.1f}, {high:.1f}]"
                rows.append([game, agent, len(cell), mean, f"{seconds:.0f}"])
    print_table(["game", "agent", "seeds", "mean [95 %]", "seconds a seed"], rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--games", nargs="+", choices=GAMES, default=list(GAMES))
    parser.add_argument("--agents", nargs="+", choices=tuple(PLAYS), default=list(PLAYS))
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0")
    parser.add_argument("--steps", type=int, default=1_000_000, help="frames a run")
    parser.add_argument("--core", type=int, default=0, help="the core every run stays on")
    parser.add_argument("--out", type=Path, default=RESULTS / "minatar.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
