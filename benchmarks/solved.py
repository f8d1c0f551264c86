"""The claim: the defaults solve the classic tasks and LunarLander, seed after seed.

Each environment is trained with `qlax train ENV --seeds N` on one core: all seeds in one program
where the environment compiles, one after another where it runs in Python. Seconds are wall time,
from an empty cache of compiled programs, compilation and evaluation included. Every seed's policy
then plays 100 episodes of Gymnasium's own environment. The table has the mean over seeds, the
worst seed, and how many seeds reach the goal.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from common import (
    RESULTS,
    SubprocessError,
    machine,
    print_table,
    qlax_versions,
    spread,
    write_result,
)
from qlax_runs import seconds_by_phase, train

# Mean return over 100 episodes that counts: the environment's own threshold, and for Acrobot,
# whose threshold of −100 is easily met, what well-tuned agents reach.
GOALS = {
    "CartPole-v1": 500.0,
    "Acrobot-v1": -85.0,
    "LunarLander-v3": 200.0,
    "MountainCar-v0": -110.0,
}
DEFAULT = "default"


def main() -> None:
    options = _options()
    about = {"machine": machine(), "versions": qlax_versions()}
    measured: list[dict[str, Any]] = []
    for env in options.envs:
        for agent in options.agents:
            measured.append(_measure(env, agent, options))
            write_result(options.out, {**about, "measured": measured})
    print()
    _print(measured)
    print(f"\nwritten to {options.out}")


def _measure(env: str, agent: str, options: argparse.Namespace) -> dict[str, Any]:
    words = ["--seed", str(options.first_seed), "--seeds", str(options.seeds)]
    words += [] if agent == DEFAULT else ["--agent", agent]
    words += [] if options.steps is None else ["--steps", str(options.steps)]
    goal = GOALS.get(env) if options.goal is None else options.goal
    print(f"{env}, {agent} agent, {options.seeds} seeds …", flush=True)
    try:
        with tempfile.TemporaryDirectory() as empty:
            outcome = train(env, words, core=options.core, cache=empty)
    except SubprocessError as failure:
        print(failure, flush=True)
        return {"env": env, "agent": agent, "goal": goal, "failure": str(failure)}
    means = [member["eval"]["mean"] for member in outcome.members]
    return {
        "env": env,
        "agent": outcome.result["agent"],
        "backend": outcome.result["backend"],
        "env_steps": outcome.result["env_steps"],
        "updates": outcome.result["updates"],
        "goal": goal,
        "reached": None if goal is None else sum(mean >= goal for mean in means),
        "mean_return": sum(means) / len(means),
        "spread": spread(means),
        "seeds": [
            {
                "seed": member["seed"],
                "mean_return": member["eval"]["mean"],
                "std_return": member["eval"]["std"],
                "episodes": member["eval"]["episodes"],
            }
            for member in outcome.members
        ],
        "wall_seconds": round(outcome.wall_seconds, 3),
        "cpu_seconds": round(outcome.cpu_seconds, 3),
        "seconds": seconds_by_phase(outcome),
    }


def _print(measured: list[dict[str, Any]]) -> None:
    rows: list[list[object]] = []
    for one in measured:
        name = [one["env"], one["agent"]]
        if "failure" in one:
            rows.append([*name, *["failed"] + [""] * 7])
            continue
        goal, count = one["goal"], len(one["seeds"])
        rows.append(
            [
                *name,
                one["backend"],
                f"{one['env_steps']:,}",
                f"{one['mean_return']:.1f}",
                f"{one['spread']['min']:.1f}",
                "" if goal is None else f"{goal:g}",
                "" if goal is None else f"{one['reached']} of {count}",
                f"{one['wall_seconds']:.0f}",
                f"{one['wall_seconds'] / count:.1f}",
            ]
        )
    columns = ["environment", "agent", "backend", "steps", "mean", "worst", "goal", "reached"]
    print_table([*columns, "seconds", "a seed"], rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--envs", nargs="+", default=list(GOALS), help="Gymnasium's ids")
    parser.add_argument("--agents", nargs="+", default=[DEFAULT], help="agents to try on each")
    parser.add_argument("--seeds", type=int, default=10, help="how many")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--goal", type=float, help="mean return to reach, instead of the usual")
    parser.add_argument("--steps", type=int, help="environment steps; by default the agent's own")
    parser.add_argument("--core", type=int, default=0, help="the core every run stays on")
    parser.add_argument("--out", type=Path, default=RESULTS / "solved.json", help="result file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
