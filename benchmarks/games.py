"""What the defaults reach in Doom, Super Mario, MiniGrid and a task of memory, three seeds each.

A cell is `qlax train ENV --seed SEED` and its evaluation: 100 full episodes of Doom, MiniGrid and
the memory chain. Super Mario Bros. knows no chance: the finished policy plays one game, always the
same, and whether it clears a gap there by a hair says little of how well it plays. So there are two
distances, how far right Mario came in pixels: of that one game, and the mean of twenty games in
which one move of a hundred is drawn. Beside them stands the mean of twenty games of a player that
draws all its moves uniformly: one for each frame, as the package plays, and one for every four, as
the agent does. The flag is at 3,161. The memory chain is played by an agent with a memory and by
the same agent without. Every seed counts; one that is there already is not run again.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from gymnasium.wrappers import TransformAction

import qlax
from common import (
    RESULTS,
    SubprocessError,
    number_list,
    print_table,
    resumed,
    write_result,
)
from qlax.envs.opening import source_of
from qlax.envs.worlds import mario
from qlax_runs import train_into

GAMES = 20
EPSILON = 0.01
"""How many of the moves are drawn in the games whose mean is reported."""


class Task(NamedTuple):
    """An environment, who plays in it, and what is looked at."""

    env: str
    words: tuple[str, ...] = ()
    goal: float | None = None
    """The mean return that counts as solved; None where distance is what counts."""


TASKS = {
    "doom": Task("VizdoomBasic-v1", goal=75.0),
    "minigrid": Task("MiniGrid-DoorKey-5x5-v0", goal=0.9),
    "memory": Task("MemoryChain-bsuite", ("--agent", "drqn", "--steps", "30000"), 1.0),
    "no memory": Task(
        "MemoryChain-bsuite",
        ("--agent", "drqn", "--steps", "30000", "--agent.memory", "none"),
        1.0,
    ),
    "mario": Task("SuperMarioBros-1-1-v0"),
}


def main() -> None:
    options = _options()
    document = resumed(options.out, "runs")
    runs: list[dict[str, Any]] = document["runs"]
    done = {(run["task"], run["seed"]) for run in runs}
    for name in options.tasks:
        for seed in options.seeds:
            if (name, seed) in done:
                continue
            try:
                runs.append(_run(name, seed, options))
            except SubprocessError as failure:
                print(failure, flush=True)
                continue
            print(f"{name}, seed {seed}: {runs[-1]['mean']:.2f}", flush=True)
            write_result(options.out, document)
        if TASKS[name].goal is None and "random_distances" not in document:
            document["random_distances"] = _random_distances(TASKS[name].env)
            write_result(options.out, document)
    print()
    _print(runs, document.get("random_distances"))


def _run(name: str, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    task = TASKS[name]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "run" if options.keep is None else options.keep / f"{name}-{seed}"
        words = [*task.words, "--seed", str(seed)]
        outcome = train_into(folder, task.env, words, core=options.core)
        run = {
            "task": name,
            "env": task.env,
            "seed": seed,
            "steps": outcome.result["env_steps"],
            "updates": outcome.result["updates"],
            "mean": outcome.result["eval"]["mean"],
            "wall_seconds": round(outcome.wall_seconds, 1),
        }
        if task.goal is None:
            run |= _learned_distances(task.env, folder)
    return run


def _learned_distances(env: str, folder: Path) -> dict[str, float]:
    """Return how far the finished policy comes: as it is, and where a few moves are drawn."""
    actor, make, draw = qlax.load(folder).actor(), source_of(env).make, np.random.default_rng(0)

    def best(seen: Any, first: bool) -> int:
        return int(actor.act(seen, first=first))

    def mostly_best(seen: Any, first: bool) -> int:
        move = best(seen, first)
        return int(draw.integers(len(mario.MOVES))) if draw.random() < EPSILON else move

    return {
        "distance": _distance(make(), best),
        "mean_distance": float(np.mean([_distance(make(), mostly_best) for _ in range(GAMES)])),
    }


def _random_distances(env: str) -> dict[str, float]:
    """Return a random player's mean distance, by how many frames each of its moves lasts."""
    draw, skipping = np.random.default_rng(0), source_of(env).make
    moves: Any = gymnasium.spaces.Discrete(len(mario.MOVES))

    def by_frame() -> Any:
        # The game inside what the agent sees.
        return TransformAction(skipping().unwrapped, mario.MOVES.__getitem__, moves)

    def act(*_: Any) -> int:
        return int(draw.integers(moves.n))

    return {
        str(frames): float(np.mean([_distance(make(), act) for _ in range(GAMES)]))
        for frames, make in ((1, by_frame), (mario.FRAME_SKIP, skipping))
    }


def _distance(world: gymnasium.Env, act: Callable[[Any, bool], int]) -> int:
    """Return how far right Mario comes in a game."""
    seen, _ = world.reset(seed=0)
    farthest, ended, first = 0, False, True
    while not ended:
        seen, _, terminated, truncated, info = world.step(act(seen, first))
        farthest = max(farthest, int(info["x_pos"]))
        ended, first = terminated or truncated, False
    world.close()
    return farthest


def _print(runs: list[dict[str, Any]], random_distances: dict[str, float] | None) -> None:
    rows: list[list[object]] = []
    for name, task in TASKS.items():
        cell = sorted((run for run in runs if run["task"] == name), key=lambda run: run["seed"])
        if not cell:
            continue
        means = "  ".join(f"{run['mean']:.2f}" for run in cell)
        timed = [run["wall_seconds"] for run in cell if "wall_seconds" in run]  # in one go
        seconds = f"{np.mean(timed):.0f}" if timed else ""
        if task.goal is None:
            distances = "  ".join(f"{run['distance']} ({run['mean_distance']:.0f})" for run in cell)
            random = " / ".join(f"{mean:.0f}" for mean in (random_distances or {}).values())
            verdict = f"distances {distances}; random {random}"
        else:
            solved = sum(run["mean"] >= task.goal for run in cell)
            verdict = f"{solved} of {len(cell)} reach {task.goal:g}"
        rows.append([name, task.env, f"{cell[0]['steps']:,}", means, verdict, seconds])
    print_table(["task", "environment", "steps", "mean of each seed", "", "seconds a seed"], rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", nargs="+", choices=tuple(TASKS), default=list(TASKS))
    parser.add_argument("--seeds", type=number_list, default=number_list("0-2"), help="such as 0-2")
    parser.add_argument("--core", type=int, default=0, help="the core every run stays on")
    parser.add_argument("--keep", type=Path, help="folder to keep the runs in")
    parser.add_argument("--out", type=Path, default=RESULTS / "games.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
