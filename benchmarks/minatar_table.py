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
    write_page,
    write_result,
)
from qlax_runs import train
from random_player import random_mean

GAMES = ("Breakout", "SpaceInvaders", "Asterix", "Freeway", "Seaquest")
# PQN plays every game; the others, which take longer, two.
PLAYS = {"pqn": GAMES, "dqn": GAMES[:2], "rainbow": GAMES[:2], "m_iqn": GAMES[:2]}
# What others have published, game by game. The paper of MinAtar itself shows curves, no numbers.
PUBLISHED = {
    "DQN ¹": {
        "Breakout": 27.1,
        "SpaceInvaders": 188.0,
        "Asterix": 13.6,
        "Freeway": 55.9,
        "Seaquest": 38.0,
    },
    "DQN ²": {"Breakout": 9.2},
}
SOURCES = (
    "¹ What the paper of ARQ compares itself with (ICLR 2026, openreview.net/forum?id=pi4tbBMLsM), "
    "five seeds; as a public note on that paper reports it.",
    "² MinAtar's own DQN, repeated: three seeds, 5,000,000 frames "
    "(github.com/joash2003/rainbow-minatar).",
)


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
    random: dict[str, float] = document.setdefault("random", {})
    for game in GAMES:
        if game not in random:
            random[game] = random_mean(f"MinAtar/{game}-v1")
            write_result(options.out, document)
    columns, rows = _table(runs, random, options.steps)
    print()
    print_table(columns, rows)
    print()
    for source in SOURCES:
        print(source)
    about = [
        f"# MinAtar in {options.steps:,} frames",
        "",
        "Mean return of the finished policies over 100 games of the MinAtar package, with sticky",
        "actions; the mean of three seeds and what lies between them: the ends of a 95 % bootstrap",
        "interval of so few are the worst and the best. Where a cell is empty, the agent was not",
        "tried. Below, what others have published, with settings and lengths of their own: several",
        "million frames are usual.",
    ]
    notes = [line for source in SOURCES for line in (source, "")][:-1]
    write_page(options.out.with_suffix(".md"), about, columns, rows, notes)


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


def _table(
    runs: list[dict[str, Any]], random: dict[str, float], steps: int
) -> tuple[list[str], list[list[object]]]:
    rows: list[list[object]] = [["a random player", *(f"{random[game]:.1f}" for game in GAMES)]]
    for agent in PLAYS:
        row: list[object] = [agent]
        for game in GAMES:
            cell = [run for run in runs if (run["game"], run["agent"]) == (game, agent)]
            means = [run["mean"] for run in cell if run["steps"] == steps]
            if not means:
                row.append("")
                continue
            low, high = interval(means)
            row.append(f"{np.mean(means):.1f} [{low:.1f}, {high:.1f}]")
        rows.append(row)
    for who, means in PUBLISHED.items():
        rows.append([who, *(f"{means[game]:.1f}" if game in means else "" for game in GAMES)])
    return ["agent", *GAMES], rows


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
