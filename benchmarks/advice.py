"""The claim: what `qlax advise` chooses from an environment's looks does as well as tuned settings.

Each task is an environment whose settings we tried. They are hidden, the rules choose an agent and
settings as they would for an environment that nobody knows, and both train the same seeds, each for
the steps that it asks for itself; tasks with `steps` give both as many. A task is passed if the
interquartile mean over seeds of what the rules chose is at most a tenth lower. Goes on where it was
stopped.
"""

import argparse
import dataclasses
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import qlax
from common import RESULTS, fresh, print_table, resumed, write_result
from qlax import presets
from qlax.comparing.statistics import iqm
from qlax.envs.opening import opened
from qlax.presets.resolve import advised

WHO = ("tuned", "advised")


@dataclasses.dataclass(frozen=True)
class Task:
    """An environment, and for how long to train in it."""

    env: str
    kwargs: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    steps: int | None = None
    """Steps of both; None for those that each asks for."""

    @property
    def name(self) -> str:
        """What results call it."""
        return " ".join([self.env, *(f"{name}={value}" for name, value in self.kwargs.items())])


TASKS = (
    Task("CartPole-v1"),
    Task("MountainCar-v0"),
    Task("Acrobot-v1"),
    Task("FrozenLake-v1"),
    Task("FrozenLake-v1", {"map_name": "8x8"}),
    Task("FrozenLake-v1", {"is_slippery": False}),
    Task("CliffWalking-v1"),
    Task("CliffWalking-v1", {"is_slippery": True}),
    Task("Taxi-v4"),
    Task("Taxi-v4", {"is_rainy": True}),
    Task("LunarLander-v3", steps=100_000),
    Task("MinAtar/Breakout-v1", steps=150_000),
    Task("MinAtar/Asterix-v1", steps=150_000),
    Task("MinAtar/Freeway-v1", steps=150_000),
    Task("MiniGrid-Empty-5x5-v0", steps=50_000),
)


def main() -> None:
    options = _options()
    tasks = [task for task in TASKS if options.only in task.name]
    document = fresh("runs") if options.fresh else resumed(options.out, "runs")
    runs: list[dict[str, Any]] = document["runs"]
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    for task in tasks:
        for who in WHO:
            known = [run["seed"] for run in runs if (run["task"], run["who"]) == (task.name, who)]
            missing = [seed for seed in seeds if seed not in known]
            if not missing:
                continue
            runs += _runs(task, who, missing)
            for run in runs[-len(missing) :]:
                print(run, flush=True)
            document["tasks"] = _verdicts(runs)
            write_result(options.out, document)
    document["tasks"] = _verdicts(runs)
    write_result(options.out, document)
    _print(document["tasks"])
    print(f"\nwritten to {options.out}")


def _runs(task: Task, who: str, seeds: list[int]) -> list[dict[str, Any]]:
    """Train seeds, side by side where the environment allows, and return what they reach."""
    began = time.perf_counter()
    with opened(task.env, task.kwargs) as source, tempfile.TemporaryDirectory() as scratch:
        preset = advised(source) if who == "advised" else presets.resolve(source)
        assert preset.tuned or who == "advised", f"{task.name} has no settings that were tried"
        runs = qlax.train_seeds(
            source,
            preset,
            seeds=seeds,
            steps=task.steps,
            out=Path(scratch) / "runs",
            eval_every=0,
            eval_episodes=100,
        )
        seconds = round((time.perf_counter() - began) / len(seeds), 1)
        return [
            {
                "task": task.name,
                "who": who,
                "seed": seed,
                "agent": preset.name,
                "steps": run.result["env_steps"],
                "return": run.result["eval"]["mean"],
                "seconds": seconds,
            }
            for seed, run in zip(seeds, runs, strict=True)
        ]


def _verdicts(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return for each task both interquartile means, and whether the rules' is close enough."""
    verdicts = []
    for name in dict.fromkeys(run["task"] for run in runs):
        means: dict[str, float] = {}
        about: dict[str, Any] = {}
        for who in WHO:
            own = [run for run in runs if run["task"] == name and run["who"] == who]
            if own:
                means[who] = float(iqm([[run["return"]] for run in own])[()])
                about |= {f"{who}_agent": own[0]["agent"], f"{who}_steps": own[0]["steps"]}
        if len(means) < len(WHO):
            continue
        tuned, found = means["tuned"], means["advised"]
        within = found >= tuned - 0.1 * abs(tuned)
        verdicts.append({"task": name, **means, **about, "within_a_tenth": within})
    return verdicts


def _print(verdicts: list[dict[str, Any]]) -> None:
    rows = [
        (
            one["task"],
            f"{one['tuned']:.2f}",
            f"{one['advised']:.2f}",
            one["advised_agent"],
            f"{one['tuned_steps']:,}",
            f"{one['advised_steps']:,}",
            "yes" if one["within_a_tenth"] else "no",
        )
        for one in verdicts
    ]
    columns = ("task", "tuned", "advised", "its agent", "steps", "its steps", "within a tenth")
    print_table(columns, rows)
    print(f"{sum(one['within_a_tenth'] for one in verdicts)} of {len(verdicts)} within a tenth")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="a part of the tasks' names")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--fresh", action="store_true", help="begin anew")
    parser.add_argument("--out", type=Path, default=RESULTS / "advice.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
